/// A page of the guide is a file in `docs/`. Where its links lead for a reader of the file, it says at its end; where they
/// lead here, is said first and so holds.
macro_rules! pages {
    ($($name:ident $file:literal)+) => { $(
        #[doc = "[delivery]: crate::guide::delivery"]
        #[doc = "[consuming]: crate::guide::consuming"]
        #[doc = "[tuning]: crate::guide::tuning"]
        #[doc = "[nothing]: crate::guide::nothing_happens"]
        #[doc = "[test]: crate::guide::test_your_service"]
        #[doc = "[rdkafka]: crate::guide::migrating_from_rdkafka"]
        #[doc = "\n"]
        #[doc = include_str!(concat!("../docs/", $file))]
        pub mod $name {}
    )+ };
}

pages! {
    consuming "consuming.md"
    delivery "delivery.md"
    migrating_from_rdkafka "migrating-from-rdkafka.md"
    nothing_happens "nothing-happens.md"
    test_your_service "test-your-service.md"
    tuning "tuning.md"
}
