//! InitProducerId: an id for an idempotent producer.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse},
    types::ProducerId,
};

use super::store_failed;
use crate::dispatch::RequestContext;

pub(crate) async fn handle(cx: &RequestContext, request: InitProducerIdRequest) -> InitProducerIdResponse {
    let failed = |error_code| InitProducerIdResponse { error_code, producer_epoch: -1, ..Default::default() };
    if request.transactional_id.is_some() {
        // Transactions are not served; clients treat this code as final and do not ask again.
        return failed(ErrorCode::INVALID_REQUEST);
    }
    match cx.node.next_producer_id().await {
        Ok(id) => InitProducerIdResponse { producer_id: ProducerId(id), producer_epoch: 0, ..Default::default() },
        Err(error) => failed(store_failed(&error)),
    }
}
