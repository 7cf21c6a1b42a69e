//! DynamoDB's and S3's limits.
//!
//! - A partition gives 1,000 write and 3,000 read units a second:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
//! - A table on demand, and each of its indexes, begins with 4,000 write and 12,000 read units and follows to double its
//!   previous peak within 30 minutes:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html>,
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>
//! - A table has 40,000 units of each unless AWS raises it:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>
//! - A write that an index has no capacity for is throttled:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gsi-throttling.html>
//! - A partition that stays hot is split, between the items of one partition key too:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html>. How soon is not said:
//!   10 minutes here. Unused capacity of earlier minutes (burst) is not counted on.
//! - S3 takes 3,500 writes and deletions and 5,500 reads a second and prefix:
//!   <https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>. Each version of a `DeleteObjects`
//!   counts as one here, and everything lies under one prefix.

use std::collections::BTreeMap;

/// A second, in microseconds.
pub(crate) const SECOND: u64 = 1_000_000;

const MINUTE: u64 = 60 * SECOND;

const PARTITION_WRITES: f64 = 1_000.0;

const PARTITION_READS: f64 = 3_000.0;

/// What a table on demand begins with.
const FRESH_WRITES: f64 = 4_000.0;

const FRESH_READS: f64 = 12_000.0;

const S3_DELETIONS: f64 = 3_500.0;

/// A minute in which a partition refused something is a hot one; after that many in a row it is split.
const HOT_MINUTES: u32 = 10;

/// The last positions that a partition was asked for: where it is split.
const REMEMBERED: usize = 64;

/// A rate a second. What is not used within a second is lost.
#[derive(Clone, Debug)]
struct Bucket {
    rate: f64,
    left: f64,
    at: u64,
}

impl Bucket {
    fn new(rate: f64) -> Self {
        Self { rate, left: rate, at: 0 }
    }

    fn fill(&mut self, now: u64) {
        #[expect(clippy::cast_precision_loss, reason = "hours in microseconds are exact")]
        let seconds = (now - self.at) as f64 / 1e6;
        (self.left, self.at) = ((self.left + seconds * self.rate).min(self.rate), now);
    }

    /// Whether so much is left.
    fn has(&mut self, now: u64, units: f64) -> bool {
        self.fill(now);
        self.left >= units.min(self.rate)
    }
}

/// A range of positions, from its first up to the next partition's.
#[derive(Clone, Debug)]
struct Partition {
    writes: Bucket,
    reads: Bucket,
    last: Vec<u64>,
    is_hot: bool,
    hot_minutes: u32,
}

impl Partition {
    fn new() -> Self {
        let (writes, reads) = (Bucket::new(PARTITION_WRITES), Bucket::new(PARTITION_READS));
        Self { writes, reads, last: Vec::new(), is_hot: false, hot_minutes: 0 }
    }
}

/// A table's capacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Capacity {
    /// Write units a second, for the table and its indexes together; each has what it needs of them.
    Provisioned(f64),
    /// On demand and never used before: the table and each index have their own.
    Fresh,
    /// The same, as if the table and its indexes had one such capacity together.
    FreshTogether,
}

/// The table, or an index.
#[derive(Debug)]
struct Store {
    partitions: BTreeMap<u64, Partition>,
    writes: Bucket,
    reads: Bucket,
    written: f64,
    peak: f64,
    is_on_demand: bool,
}

impl Store {
    fn new(writes: f64, reads: f64, is_on_demand: bool) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some tens")]
        let count = (writes / PARTITION_WRITES).ceil().max(1.0) as u64;
        let partitions = (0..count).map(|number| (u64::MAX / count * number, Partition::new())).collect();
        let (writes, reads) = (Bucket::new(writes), Bucket::new(reads));
        Self { partitions, writes, reads, written: 0.0, peak: 0.0, is_on_demand }
    }

    fn partition(&mut self, position: u64) -> Option<&mut Partition> {
        self.partitions.range_mut(..=position).next_back().map(|(_, partition)| partition)
    }

    /// A minute is over: the peak, what is split, and what a table on demand has grown to.
    fn minute(&mut self, minutes: u64) {
        self.peak = self.peak.max(self.written / 60.0);
        self.written = 0.0;
        let mut split = Vec::new();
        for (first, partition) in &mut self.partitions {
            partition.hot_minutes = if partition.is_hot { partition.hot_minutes + 1 } else { 0 };
            partition.is_hot = false;
            if partition.hot_minutes >= HOT_MINUTES {
                partition.hot_minutes = 0;
                partition.last.sort_unstable();
                let middle = partition.last.get(partition.last.len() / 2).copied();
                split.extend(middle.filter(|middle| middle > first));
            }
        }
        for middle in split {
            self.partitions.insert(middle, Partition::new());
        }
        if self.is_on_demand && minutes.is_multiple_of(30) {
            self.writes.rate = self.writes.rate.max(2.0 * self.peak);
            self.peak = 0.0;
        }
    }
}

/// One item, or a part of an index, that a request writes or reads.
#[derive(Clone, Debug)]
pub(crate) struct Touch {
    /// `table`, or the index.
    pub(crate) store: String,
    /// Where in it.
    pub(crate) position: u64,
    pub(crate) writes: f64,
    pub(crate) reads: f64,
}

/// AWS, as far as its limits go.
#[derive(Debug)]
pub(crate) struct Cloud {
    stores: BTreeMap<String, Store>,
    together: Option<Bucket>,
    deletions: Bucket,
    minutes: u64,
    /// How often the table, or an index, had no room: as a whole, and one partition of it.
    pub(crate) refused: BTreeMap<String, u64>,
}

impl Cloud {
    /// A table with these write units a recording, by the table and each index.
    pub(crate) fn new(capacity: Capacity, needed: &BTreeMap<String, f64>) -> Self {
        let all: f64 = needed.values().sum();
        let stores = needed.iter().map(|(name, units)| {
            let store = match capacity {
                Capacity::Provisioned(writes) => Store::new(writes * units / all, writes, false),
                Capacity::Fresh | Capacity::FreshTogether => Store::new(FRESH_WRITES, FRESH_READS, true),
            };
            (name.clone(), store)
        });
        Self {
            stores: stores.collect(),
            together: (capacity == Capacity::FreshTogether).then(|| Bucket::new(FRESH_WRITES)),
            deletions: Bucket::new(S3_DELETIONS),
            minutes: 0,
            refused: BTreeMap::new(),
        }
    }

    /// Takes what a request consumes, or refuses all of it.
    pub(crate) fn takes(&mut self, now: u64, touches: &[Touch]) -> bool {
        while now >= (self.minutes + 1) * MINUTE {
            self.minutes += 1;
            for store in self.stores.values_mut() {
                store.minute(self.minutes);
            }
        }
        let all: f64 = touches.iter().map(|touch| touch.writes).sum();
        let mut has_room = self.together.as_mut().is_none_or(|together| together.has(now, all));
        if !has_room {
            *self.refused.entry("all together".to_owned()).or_default() += 1;
        }
        for Touch { store: name, position, writes, reads } in touches {
            let Some(store) = self.stores.get_mut(name) else { continue };
            if !(store.writes.has(now, *writes) && store.reads.has(now, *reads)) {
                has_room = false;
                *self.refused.entry(name.clone()).or_default() += 1;
            }
            if let Some(partition) = store.partition(*position) {
                let fits = partition.writes.has(now, *writes) && partition.reads.has(now, *reads);
                partition.is_hot |= !fits;
                if !fits {
                    has_room = false;
                    *self.refused.entry(format!("a partition of {name}")).or_default() += 1;
                }
                if partition.last.len() >= REMEMBERED {
                    partition.last.remove(0);
                }
                partition.last.push(*position);
            }
        }
        if !has_room {
            return false;
        }
        if let Some(together) = &mut self.together {
            together.left -= all;
        }
        for Touch { store, position, writes, reads } in touches {
            let Some(store) = self.stores.get_mut(store) else { continue };
            store.writes.left -= writes;
            store.reads.left -= reads;
            store.written += writes;
            if let Some(partition) = store.partition(*position) {
                partition.writes.left -= writes;
                partition.reads.left -= reads;
            }
        }
        true
    }

    /// Whether S3 deletes so many versions now.
    pub(crate) fn deletes(&mut self, now: u64, versions: f64) -> bool {
        let has_room = self.deletions.has(now, versions);
        if has_room {
            self.deletions.left -= versions;
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(position: u64) -> Vec<Touch> {
        vec![Touch { store: "table".to_owned(), position, writes: 1.0, reads: 0.0 }]
    }

    fn cloud(capacity: Capacity) -> Cloud {
        Cloud::new(capacity, &BTreeMap::from([("table".to_owned(), 1.0)]))
    }

    /// How many of `asked` writes a second are taken in the second that begins then.
    fn taken(cloud: &mut Cloud, from: u64, asked: u64, position: impl Fn(u64) -> u64) -> u64 {
        let times = (0..asked).map(|number| (from + number * SECOND / asked, position(number)));
        times.filter(|(now, position)| cloud.takes(*now, &write(*position))).count() as u64
    }

    #[test]
    fn a_partition_takes_a_thousand_a_second_and_a_fresh_table_four_thousand() {
        let spread = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for (capacity, one, all) in [
            (Capacity::Fresh, 1_000, 4_000),
            (Capacity::FreshTogether, 1_000, 4_000),
            (Capacity::Provisioned(2_000.0), 1_000, 2_000),
        ] {
            let mut cloud = cloud(capacity);
            // The first second has the one that was saved before it.
            taken(&mut cloud, 0, 20_000, |_| 7);
            let found = taken(&mut cloud, SECOND, 20_000, |_| 7);
            assert!(found.abs_diff(one) <= 2, "{capacity:?}: {found}");
            taken(&mut cloud, 2 * SECOND, 40_000, spread);
            let found = taken(&mut cloud, 3 * SECOND, 40_000, spread);
            assert!(found.abs_diff(all) <= all / 20, "{capacity:?}: {found}");
        }
    }

    #[test]
    fn what_stays_hot_is_split_and_a_table_on_demand_doubles_in_half_an_hour() {
        let mut cloud = cloud(Capacity::Fresh);
        // One range of positions, a sixteenth of all.
        let hot = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 4;
        for second in 0..11 * 60 {
            taken(&mut cloud, second * SECOND, 1_500, hot);
        }
        let found = taken(&mut cloud, 11 * 60 * SECOND, 1_500, hot);
        assert!(found > 1_400, "{found}");
        for second in 11 * 60 + 1..50 * 60 {
            taken(&mut cloud, second * SECOND, 6_000, |number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        }
        let found = taken(&mut cloud, 50 * 60 * SECOND, 6_000, |number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        assert!(found > 5_500, "{found}");
    }

    #[test]
    fn what_is_refused_consumes_nothing() {
        let mut cloud = cloud(Capacity::Fresh);
        let mut both = write(1);
        both[0].writes = 600.0;
        assert!(cloud.takes(0, &both));
        assert!(!cloud.takes(0, &both), "600 are not left");
        both[0].writes = 400.0;
        assert!(cloud.takes(0, &both), "400 are");
    }
}
