//! tokio, where a runtime waits within the time limit of a test: with `use crate::support::tokio`,
//! `#[tokio::test]` makes a test that fails in place of waiting forever.

pub(crate) use ::tokio::*;

pub(crate) mod runtime {
    use std::io;
    use std::ops::Deref;

    pub(crate) use ::tokio::runtime::*;

    use crate::support::time_limit::within_limit;

    pub(crate) struct Builder(::tokio::runtime::Builder);

    impl Builder {
        pub(crate) fn new_current_thread() -> Self {
            Self(::tokio::runtime::Builder::new_current_thread())
        }

        pub(crate) fn new_multi_thread() -> Self {
            Self(::tokio::runtime::Builder::new_multi_thread())
        }

        pub(crate) fn worker_threads(&mut self, threads: usize) -> &mut Self {
            self.0.worker_threads(threads);
            self
        }

        pub(crate) fn max_blocking_threads(&mut self, threads: usize) -> &mut Self {
            self.0.max_blocking_threads(threads);
            self
        }

        pub(crate) fn enable_all(&mut self) -> &mut Self {
            self.0.enable_all();
            self
        }

        pub(crate) fn enable_time(&mut self) -> &mut Self {
            self.0.enable_time();
            self
        }

        pub(crate) fn start_paused(&mut self, is_paused: bool) -> &mut Self {
            self.0.start_paused(is_paused);
            self
        }

        pub(crate) fn build(&mut self) -> io::Result<Runtime> {
            self.0.build().map(Runtime)
        }
    }

    pub(crate) struct Runtime(::tokio::runtime::Runtime);

    impl Runtime {
        #[track_caller]
        pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
            self.0.block_on(within_limit(future))
        }

        pub(crate) fn shutdown_background(self) {
            self.0.shutdown_background();
        }
    }

    impl Deref for Runtime {
        type Target = ::tokio::runtime::Runtime;

        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }
}
