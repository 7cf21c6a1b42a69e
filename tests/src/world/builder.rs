//! How a world is made.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    clock::Clock,
    cloud::{Inner, World},
    cognito::Pools,
    dynamo::Tables,
    faults::{Chances, Faults},
    gate::Gates,
    kind::Lag,
    post::Post,
    random::Random,
    s3::{self, Buckets},
    sabotage::Saboteurs,
    sqs::Queues,
};

/// Says what stands in a world before anything happens.
pub struct Builder {
    seed: u64,
    now: Timestamp,
    buckets: Vec<String>,
    queues: Vec<String>,
    pools: Vec<String>,
    tables: Vec<(String, Value)>,
    lag: Option<Lag>,
    chances: Chances,
    replicated: Option<(String, String)>,
}

impl Builder {
    /// The world's first moment; by default 2026-07-01T00:00:00Z.
    #[must_use]
    pub fn now(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// A bucket, versioned, under Object Lock without a default period.
    #[must_use]
    pub fn bucket(mut self, name: &str) -> Self {
        self.buckets.push(name.to_owned());
        self
    }

    /// Copies what is put into a bucket to another; both are named before.
    #[must_use]
    pub fn replicated(mut self, source: &str, destination: &str) -> Self {
        self.replicated = Some((source.to_owned(), destination.to_owned()));
        self
    }

    /// A queue.
    #[must_use]
    pub fn queue(mut self, name: &str) -> Self {
        self.queues.push(name.to_owned());
        self
    }

    /// A pool of users, empty.
    #[must_use]
    pub fn user_pool(mut self, id: &str) -> Self {
        self.pools.push(id.to_owned());
        self
    }

    /// A table; see [`World::create_table`].
    #[must_use]
    pub fn table(mut self, name: &str, description: &Value) -> Self {
        self.tables.push((name.to_owned(), description.clone()));
        self
    }

    /// A table that was named before has a stream.
    #[must_use]
    pub fn streamed(mut self, name: &str) -> Self {
        for (_, description) in self.tables.iter_mut().filter(|(table, _)| table == name) {
            description["StreamSpecification"] =
                serde_json::json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
        }
        self
    }

    /// Lets eventually consistent reads see the past; by default they see the present.
    #[must_use]
    pub fn lag(mut self, lag: Lag) -> Self {
        self.lag = Some(lag);
        self
    }

    /// What goes wrong by chance; by default nothing.
    #[must_use]
    pub fn chances(mut self, chances: Chances) -> Self {
        self.chances = chances;
        self
    }

    /// The world.
    pub fn build(self) -> World {
        let clock = Arc::new(Clock(Mutex::new(self.now)));
        let saboteurs = Arc::<Saboteurs>::default();
        let buckets = Buckets::new(self.seed, &clock, &saboteurs);
        let world = World {
            inner: Arc::new(Inner {
                tables: Tables::new(&clock, self.lag, Random::new(self.seed, "lag")),
                s3: s3::service(&buckets),
                buckets,
                queues: Queues::default(),
                pools: Pools::default(),
                post: Post::default(),
                gates: Gates::default(),
                faults: Faults::new(self.chances, Random::new(self.seed, "faults")),
                saboteurs,
                calls: Mutex::default(),
                watchers: Mutex::default(),
                ahead_seconds: Mutex::new(Some(0)),
                clock,
            }),
        };
        for bucket in &self.buckets {
            world.create_bucket(bucket);
        }
        if let Some((source, destination)) = &self.replicated {
            world.inner.buckets.replicate(source, destination);
        }
        for queue in &self.queues {
            world.create_queue(queue);
        }
        for pool in &self.pools {
            world.inner.pools.create(pool);
        }
        for (name, description) in &self.tables {
            world.create_table(name, description);
        }
        world
    }
}

impl World {
    /// An empty world. The seed decides everything that is left to chance, and the version ids.
    pub fn new(seed: u64) -> Self {
        Self::builder(seed).build()
    }

    /// A world with something in it.
    pub fn builder(seed: u64) -> Builder {
        Builder {
            seed,
            now: Timestamp::constant(1_782_864_000, 0),
            buckets: Vec::new(),
            queues: Vec::new(),
            pools: Vec::new(),
            tables: Vec::new(),
            lag: None,
            chances: Chances::default(),
            replicated: None,
        }
    }
}
