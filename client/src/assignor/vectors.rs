//! Groups as lines of text, to compare our assignments with Kafka's.
//!
//! `fixtures/kafka.txt` holds groups and the assignments that Kafka 4.3.1 made of them; xtask/java/AssignorOracle.java says
//! how the lines read, and makes them. `cargo xtask differential --peer assignors` compares many more groups.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use fastrand::Rng;
use ottla_protocol::wire::Str;

use super::*;
use crate::topic_partition::TopicPartition;

/// A group to assign.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) assignor: AssignorName,
    /// Names with the racks of each partition's replicas.
    pub(super) topics: Vec<(String, Vec<Vec<String>>)>,
    pub(super) members: Vec<GroupMember>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct GroupMember {
    pub(super) id: String,
    pub(super) instance: String,
    pub(super) rack: String,
    pub(super) generation: Option<i32>,
    pub(super) topics: Vec<String>,
    pub(super) owned: Vec<TopicPartition>,
}

impl Group {
    /// What our assignor makes of it, as the oracle prints it.
    pub(super) fn answer(&self) -> String {
        let assignments = self.assign();
        let lists = assignments.iter().map(|partitions| join(partitions.iter().map(TopicPartition::to_string), ","));
        join(lists, ";")
    }

    /// What our assignor makes of it, each list in order.
    pub(super) fn assign(&self) -> Vec<Vec<TopicPartition>> {
        let assignor = self.assignor.assignor();
        let members: Vec<Member> = self.members.iter().map(|member| member.build(self.assignor)).collect();
        let assignments = assignor.assign(&self.cluster(), &members);
        let sorted = assignments.into_iter().map(|mut assignment| {
            assignment.partitions.sort_unstable();
            assignment.partitions
        });
        sorted.collect()
    }

    /// How many members claim the partition that most of them claim.
    fn most_claims(&self) -> usize {
        let mut claims: BTreeMap<&TopicPartition, usize> = BTreeMap::new();
        for partition in self.members.iter().flat_map(|member| &member.owned) {
            *claims.entry(partition).or_default() += 1;
        }
        claims.into_values().max().unwrap_or_default()
    }

    pub(super) fn cluster(&self) -> ClusterTopics {
        let mut cluster = ClusterTopics::new();
        for (topic, racks) in &self.topics {
            let racks = racks.iter().map(|racks| racks.iter().map(|rack| Str::from(rack.as_str())));
            cluster.insert_with_racks(topic.as_str(), racks);
        }
        cluster
    }
}

impl GroupMember {
    fn build(&self, assignor: AssignorName) -> Member {
        let previous =
            self.generation.map(|generation| PreviousAssignment { partitions: self.owned.clone(), generation });
        let mut subscription = Subscription::new(self.topics.iter().map(String::as_str));
        subscription.user_data = assignor.assignor().user_data(previous.as_ref());
        if assignor == AssignorName::CooperativeSticky {
            subscription.owned_partitions.clone_from(&self.owned);
        }
        subscription.generation = self.generation;
        subscription.rack = (!self.rack.is_empty()).then(|| self.rack.as_str().into());
        Member {
            member_id: self.id.as_str().into(),
            group_instance_id: (!self.instance.is_empty()).then(|| self.instance.as_str().into()),
            subscription,
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topics = self.topics.iter().map(|(name, racks)| {
            let known = racks.iter().any(|racks| !racks.is_empty());
            let racks = if known {
                format!(":{}", join(racks.iter().map(|racks| racks.join("+")), ","))
            } else {
                String::new()
            };
            let count = racks_count(&self.topics, name);
            format!("{name}:{count}{racks}")
        });
        let members = self.members.iter().map(|member| {
            let generation = member.generation.map_or_else(String::new, |generation| generation.to_string());
            let owned = join(member.owned.iter().map(TopicPartition::to_string), ",");
            [&member.id, &member.instance, &member.rack, &generation, &member.topics.join(","), &owned]
                .map(String::as_str)
                .join("/")
        });
        write!(f, "{} {} {}", self.assignor, join(topics, ";"), join(members, ";"))
    }
}

impl FromStr for Group {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let [assignor, topics, members] = fields(line, ' ')?;
        let topics = list(topics, ';').map(|topic| {
            let (name, rest) = topic.split_once(':').ok_or(topic)?;
            let (count, racks) = rest.split_once(':').unwrap_or((rest, ""));
            let count: usize = count.parse().map_err(|_| topic)?;
            let mut racks: Vec<Vec<String>> = if racks.is_empty() {
                Vec::new()
            } else {
                racks.split(',').map(|racks| list(racks, '+').map(str::to_owned).collect()).collect()
            };
            racks.resize(count, Vec::new());
            Ok::<_, &str>((name.to_owned(), racks))
        });
        Ok(Self {
            assignor: assignor.parse().map_err(|error: crate::config::InvalidValue| error.to_string())?,
            topics: topics.collect::<Result<_, _>>()?,
            members: list(members, ';').map(str::parse).collect::<Result<_, _>>()?,
        })
    }
}

impl FromStr for GroupMember {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let [id, instance, rack, generation, topics, owned] = fields(text, '/')?;
        let owned = list(owned, ',').map(|partition| {
            let (topic, index) = partition.rsplit_once('-').ok_or(partition)?;
            Ok::<_, &str>(TopicPartition::new(topic, index.parse().map_err(|_| partition)?))
        });
        Ok(Self {
            id: id.into(),
            instance: instance.into(),
            rack: rack.into(),
            generation: if generation.is_empty() { None } else { Some(generation.parse().map_err(|_| generation)?) },
            topics: list(topics, ',').map(str::to_owned).collect(),
            owned: owned.collect::<Result<_, _>>()?,
        })
    }
}

fn fields<const N: usize>(text: &str, separator: char) -> Result<[&str; N], String> {
    text.split(separator).collect::<Vec<_>>().try_into().map_err(|_| format!("not {N} fields: {text}"))
}

fn list(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).filter(|item| !item.is_empty())
}

fn join(items: impl Iterator<Item = String>, separator: &str) -> String {
    items.collect::<Vec<_>>().join(separator)
}

fn racks_count(topics: &[(String, Vec<Vec<String>>)], name: &str) -> usize {
    topics.iter().find(|(topic, _)| topic == name).map_or(0, |(_, racks)| racks.len())
}

/// Member ids that have the same order as their hashes in Java, for up to as many members.
const LETTERS: [&str; 26] = [
    "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W",
    "X", "Y", "Z",
];

/// Draws groups.
pub(super) struct Groups {
    rng: Rng,
    /// Limits of members and of partitions of a topic.
    members: usize,
    partitions: usize,
}

impl Groups {
    pub(super) fn new(seed: u64) -> Self {
        let (members, partitions) = if seed % 10 == 9 { (LETTERS.len(), 40) } else { (9, 12) };
        Self { rng: Rng::with_seed(seed), members, partitions }
    }

    /// A group whose members own nothing.
    pub(super) fn fresh(&mut self, assignor: AssignorName) -> Group {
        let topics = self.topics();
        let members = self.members(&topics);
        Group { assignor, topics, members }
    }

    /// A group whose members own what they were assigned before something changed. Their ids keep their order in Java.
    pub(super) fn rebalanced(&mut self, assignor: AssignorName) -> Group {
        let mut group = self.fresh(assignor);
        for (index, member) in group.members.iter_mut().enumerate() {
            member.id = LETTERS[index].into();
        }
        for _ in 0..self.rng.usize(1..4) {
            Self::settle(&mut group);
            self.change(&mut group);
        }
        group
    }

    /// A group in which a member also claims what others own, of the newest generation or an older one.
    pub(super) fn contradictory(&mut self, assignor: AssignorName) -> Group {
        let mut group = self.rebalanced(assignor);
        Self::settle(&mut group);
        for _ in 0..self.rng.usize(1..3) {
            let (other, claimant) = (self.rng.usize(..group.members.len()), self.rng.usize(..group.members.len()));
            let claimed: Vec<_> = group.members[other].owned.iter().filter(|_| self.rng.bool()).cloned().collect();
            let claimant = &mut group.members[claimant];
            claimant.owned.extend(claimed);
            claimant.owned.sort_unstable();
            claimant.owned.dedup();
            claimant.generation = claimant.generation.map(|generation| generation - i32::from(self.rng.bool()));
        }
        group
    }

    /// Lets members own what they are assigned.
    pub(super) fn settle(group: &mut Group) {
        let newest = group.members.iter().filter_map(|member| member.generation).max().unwrap_or(0);
        let assignor =
            if group.assignor == AssignorName::CooperativeSticky { AssignorName::Sticky } else { group.assignor };
        let assignments = Group { assignor, ..group.clone() }.assign();
        for (member, partitions) in group.members.iter_mut().zip(assignments) {
            member.owned = partitions;
            member.generation = Some(newest + 1);
        }
    }

    fn change(&mut self, group: &mut Group) {
        match self.rng.u8(..8) {
            0 | 1 if group.members.len() > 1 => {
                let gone = self.rng.usize(..group.members.len());
                group.members.remove(gone);
            }
            2 | 3 if group.members.len() < LETTERS.len() => {
                let used: BTreeSet<&str> = group.members.iter().map(|member| member.id.as_str()).collect();
                let id = LETTERS.into_iter().find(|id| !used.contains(id)).unwrap_or_default().to_owned();
                let topics = self.rng.choice(&group.members).map(|member| member.topics.clone()).unwrap_or_default();
                group.members.push(GroupMember { id, topics, ..GroupMember::default() });
            }
            4 => {
                let topic = self.rng.usize(..group.topics.len());
                group.topics[topic].1.resize(self.rng.usize(1..self.partitions), Vec::new());
                let (name, racks) = &group.topics[topic];
                let gone = |owned: &TopicPartition| *owned.topic == **name && owned.partition >= racks.len() as i32;
                group.members.iter_mut().for_each(|member| member.owned.retain(|owned| !gone(owned)));
            }
            5 => {
                let all: Vec<String> = group.topics.iter().map(|(name, _)| name.clone()).collect();
                let member = self.rng.usize(..group.members.len());
                group.members[member].topics = self.some(&all);
            }
            6 => {
                // A member that missed the last rebalance.
                let member = self.rng.usize(..group.members.len());
                let member = &mut group.members[member];
                member.generation = member.generation.map(|generation| generation - 1);
            }
            _ => {}
        }
    }

    fn topics(&mut self) -> Vec<(String, Vec<Vec<String>>)> {
        let with_racks = self.rng.u8(..3) == 0;
        let same_count = self.rng.bool().then(|| self.rng.usize(1..self.partitions));
        let topics = self.rng.usize(1..6);
        let topic = |index: usize| {
            let count = same_count.unwrap_or_else(|| self.rng.usize(1..self.partitions));
            let racks = (0..count).map(|_| if with_racks { self.racks() } else { Vec::new() }).collect();
            (format!("t{index}"), racks)
        };
        (0..topics).map(topic).collect()
    }

    fn racks(&mut self) -> Vec<String> {
        let racks = ["a", "b", "c"].map(str::to_owned);
        self.some(&racks)
    }

    fn members(&mut self, topics: &[(String, Vec<Vec<String>>)]) -> Vec<GroupMember> {
        let all: Vec<String> = topics.iter().map(|(name, _)| name.clone()).collect();
        let equal = self.rng.bool();
        let with_racks = self.rng.u8(..3) > 0;
        let members = self.rng.usize(1..self.members);
        let member = |index: usize| GroupMember {
            id: format!("consumer-{}-{index}", self.rng.u16(..)),
            instance: if self.rng.u8(..4) == 0 { format!("i{}-{index}", self.rng.u8(..9)) } else { String::new() },
            rack: if with_racks && self.rng.u8(..4) > 0 { self.racks().swap_remove(0) } else { String::new() },
            topics: if equal { all.clone() } else { self.some(&all) },
            ..GroupMember::default()
        };
        (0..members).map(member).collect()
    }

    /// At least one of these, in order.
    fn some(&mut self, all: &[String]) -> Vec<String> {
        let some: Vec<String> = all.iter().filter(|_| self.rng.bool()).cloned().collect();
        if some.is_empty() { self.rng.choice(all).into_iter().cloned().collect() } else { some }
    }
}

pub(super) const ASSIGNORS: [AssignorName; 4] =
    [AssignorName::Range, AssignorName::RoundRobin, AssignorName::Sticky, AssignorName::CooperativeSticky];

#[test]
fn assignments_are_kafkas() {
    let mut lines = include_str!("fixtures/kafka.txt").lines().filter(|line| !line.starts_with('#'));
    let mut groups = 0;
    while let (Some(group), Some(answer)) = (lines.next(), lines.next()) {
        assert_eq!(group.parse::<Group>().unwrap().answer(), answer, "{group}");
        groups += 1;
    }
    assert!(groups >= 100, "{groups} groups");
}

#[test]
fn odd_groups_are_assigned_without_harm() {
    for assignor in ASSIGNORS {
        for (group, answer) in [
            ("t:2 ", ""),
            (" A////t/", ""),
            ("t:2 A/////", ""),
            ("t:2 A/////;B////t,t,t/", ";t-0,t-1"),
            ("t:1;u:1 A///5//t-0,u-0;B////u/", ";u-0"),
            ("t:1:a A//a//t/;B////absent/", "t-0;"),
        ] {
            let answer = match (assignor, group) {
                // A must give it up first.
                (AssignorName::CooperativeSticky, "t:1;u:1 A///5//t-0,u-0;B////u/") => ";",
                _ => answer,
            };
            assert_eq!(format!("{assignor} {group}").parse::<Group>().unwrap().answer(), answer, "{assignor} {group}");
        }
    }
}

#[test]
fn a_group_prints_as_it_is_read() {
    for seed in 0..100 {
        let group = Groups::new(seed).rebalanced(AssignorName::Sticky).to_string();
        assert_eq!(group.parse::<Group>().unwrap().to_string(), group);
    }
}

/// For groups in hash order, as [`Groups::rebalanced`] draws them, equality is exact although Kafka's own result depends on it.
#[test]
#[ignore = "needs Java: see the head of this file"]
fn oracle_agrees() {
    let count = std::env::var("OTTLA_ASSIGNOR_GROUPS").map_or(2000, |count| count.parse().expect("a number"));
    let groups: Vec<Group> = (0..count).flat_map(groups).collect();
    let mut answers = ask(&groups);
    if std::env::var_os("OTTLA_ORACLE_PLANT").is_some() {
        answers[0].push_str(",t-99");
    }
    let different = groups.iter().zip(&answers).filter(|(group, answer)| group.answer() != **answer);
    let different: Vec<String> =
        different.map(|(group, answer)| format!("{group}\n  ours    {}\n  Kafka's {answer}", group.answer())).collect();
    assert!(different.is_empty(), "{} of {} differ:\n{}", different.len(), groups.len(), different.join("\n"));
    for assignor in ASSIGNORS {
        let count = groups.iter().filter(|group| group.assignor == assignor).count();
        println!("same: assignments by {assignor}: {count} of {count}");
    }
}

#[test]
#[ignore = "needs Java: see the head of this file; writes the fixtures"]
fn oracle_writes_fixtures() {
    let groups: Vec<Group> = (0..12).flat_map(groups).collect();
    let head = "# Groups and the assignments that Kafka 4.3.1 makes of them: see vectors.rs.\n";
    let lines = groups.iter().zip(ask(&groups)).map(|(group, answer)| format!("{group}\n{answer}\n"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/assignor/fixtures/kafka.txt");
    std::fs::write(path, head.to_owned() + &lines.collect::<String>()).expect("the fixtures are written");
}

/// Groups of every assignor, with and without a past.
fn groups(seed: u64) -> Vec<Group> {
    let kinds = |assignor| {
        let mut contradictory = Groups::new(seed).contradictory(assignor);
        // With different subscriptions Kafka may give a member what it does not subscribe to, if that once claimed it, and may
        // leave a partition with a member while another one that claims it still reads it.
        let all: Vec<String> = contradictory.topics.iter().map(|(name, _)| name.clone()).collect();
        contradictory.members.iter_mut().for_each(|member| member.topics.clone_from(&all));
        [Groups::new(seed).fresh(assignor), Groups::new(seed).rebalanced(assignor), contradictory]
    };
    // Of three members that claim one partition, Kafka lets the two with the older generation take it from the third.
    ASSIGNORS.into_iter().flat_map(kinds).filter(|group| group.most_claims() < 3).collect()
}

/// Asks the oracle for the assignments of groups.
fn ask(groups: &[Group]) -> Vec<String> {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };
    let arguments = std::env::var("OTTLA_ASSIGNOR_ORACLE").expect("a file with arguments for java");
    let mut child = Command::new("java")
        .arg(format!("@{arguments}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the oracle starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines: String = groups.iter().map(|group| format!("{group}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("the oracle ends");
    writer.join().expect("no panic").expect("the oracle reads");
    let answers: Vec<String> = String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), groups.len());
    answers
}
