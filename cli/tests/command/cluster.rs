//! `ottla cluster`.

use crate::support::{Broker, assert_documented, cells};

#[test]
fn brokers_are_shown_with_what_they_lead() {
    let broker = Broker::with_topic("orders", 3);
    let text = broker.ottla("cluster describe").done();
    let (title, table) = text.split_once("\n\n").unwrap();
    assert!(title.starts_with("cluster ") && title.ends_with(": 1 broker, 1 topic"), "{title}");
    let table = cells(table);
    assert_eq!(table[0], ["NODE", "ADDRESS", "RACK", "LEADS", "REPLICAS", "STATE"]);
    assert_eq!(table[1], ["1", &broker.servers[0], "-", "3", "3", "up"]);
    assert_documented("cluster describe", &broker.ottla("cluster describe").json());
}
