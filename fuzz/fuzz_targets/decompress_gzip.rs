#![no_main]

use libfuzzer_sys::fuzz_target;
use ottla_protocol_hostile::target;

fuzz_target!(|input: &[u8]| (target("decompress_gzip").check)(input));
