//! A repository over plain HTTP, on this machine.

use std::io::Read;
use std::time::Duration;
use updates::source::{Part, Source, SourceError, in_address};
use ureq::Agent;
use ureq::http::Response;

/// A server on this machine.
#[derive(Debug)]
pub(crate) struct PlainSource {
    agent: Agent,
    metadata: String,
    targets: String,
}

impl PlainSource {
    pub(crate) fn new(metadata: &str, targets: &str) -> Result<Self, String> {
        for url in [metadata, targets] {
            if !url.is_empty() && !url.starts_with("http://127.0.0.1:") {
                return Err(format!("{url} is not on this machine"));
            }
        }
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        Ok(Self {
            agent: config.new_agent(),
            metadata: metadata.trim_end_matches('/').to_owned(),
            targets: targets.trim_end_matches('/').to_owned(),
        })
    }

    fn get(&self, url: &str) -> Result<Response<ureq::Body>, SourceError> {
        self.agent.get(url).call().map_err(|cause| match cause {
            ureq::Error::StatusCode(403 | 404) => SourceError::NotFound(url.to_owned()),
            cause => SourceError::Failed(format!("{url} could not be fetched ({cause})")),
        })
    }
}

impl Source for PlainSource {
    fn metadata(&self, name: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let answer = self.get(&format!("{}/{name}", self.metadata))?;
        let mut bytes = Vec::new();
        answer
            .into_body()
            .into_reader()
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|cause| SourceError::Failed(format!("{name} broke off ({cause})")))?;
        if bytes.len() as u64 > limit {
            let what = name.to_owned();
            return Err(SourceError::TooLarge { what, limit });
        }
        Ok(bytes)
    }

    fn target(&self, path: &str, _offset: u64) -> Result<Part, SourceError> {
        let answer = self.get(&format!("{}/{}", self.targets, in_address(path)))?;
        Ok(Part {
            offset: 0,
            bytes: Box::new(answer.into_body().into_reader()),
        })
    }

    fn describe(&self) -> String {
        self.metadata.clone()
    }
}
