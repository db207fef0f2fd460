//! Prometheus as a child process, and its API.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::process::{connect, free_port, program, spawn};
use crate::rules;
use crate::site::Site;
use crate::table::{self, Alerts};

pub(crate) struct Prometheus {
    pub(crate) url: String,
    client: reqwest::Client,
    pub(crate) started: u64,
    _child: Child,
}

pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_secs()
}

impl Prometheus {
    /// Starts it, with the shortened rules, for these services.
    pub(crate) async fn start(folder: &Path, sites: &[Site]) -> Self {
        let rules = rules::shortened(&table::read("alerts.yml"));
        std::fs::write(folder.join("alerts.yml"), rules).expect("written");
        std::fs::write(folder.join("prometheus.yml"), config(sites)).expect("written");
        let port = free_port();
        let log = std::fs::File::create(folder.join("prometheus.log")).expect("a log");
        let mut command = Command::new(program("PROMETHEUS_PROGRAM").expect("the program"));
        command
            .arg(format!(
                "--config.file={}",
                folder.join("prometheus.yml").display()
            ))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=warn")
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(log);
        let child = spawn(&mut command);
        connect(port).await;
        Self {
            url: format!("http://127.0.0.1:{port}"),
            client: reqwest::Client::new(),
            started: now(),
            _child: child,
        }
    }

    /// Returns the result of a query, or panics with the error of the query.
    async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let parameters = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let url = format!("{}/api/v1/{path}?{parameters}", self.url);
        let response = self.client.get(&url).send().await.expect("it answers");
        let text = response.text().await.expect("a text");
        let mut answer: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(answer["status"], "success", "{parameters}: {text}");
        answer["data"]["result"].take()
    }

    /// Returns the series of a query since the start, each with at least one number.
    pub(crate) async fn series(&self, query: &str) -> Vec<Value> {
        let (start, end) = (self.started.to_string(), now().to_string());
        let parameters = [
            ("query", query),
            ("start", &start),
            ("end", &end),
            ("step", "1"),
        ];
        let result = self.get("query_range", &parameters).await;
        let has_number = |series: &Value| {
            let values = series["values"].as_array().into_iter().flatten();
            values
                .filter_map(|value| value[1].as_str())
                .any(|value| value != "NaN")
        };
        let series = result.as_array().cloned().unwrap_or_default();
        series.into_iter().filter(has_number).collect()
    }

    /// Returns the alerts of each job that fire now, or have fired within the last seconds.
    pub(crate) async fn fired(&self, within: u64) -> BTreeMap<String, Alerts> {
        let range = within.max(2);
        let query = format!(
            "group by (job, alertname) (max_over_time(ALERTS{{alertstate=\"firing\"}}[{range}s]))"
        );
        let result = self.get("query", &[("query", &query)]).await;
        let mut fired = BTreeMap::<String, Alerts>::new();
        for series in result.as_array().into_iter().flatten() {
            let label = |name: &str| {
                series["metric"][name]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            fired
                .entry(label("job"))
                .or_default()
                .insert(label("alertname"));
        }
        fired
    }
}

/// Each service is a job, and scraped every second. The names of the issuers, which have a port of
/// loopback, are replaced in the job for the pictures.
fn config(sites: &[Site]) -> String {
    let job = |site: &Site| {
        let names: Vec<_> = site
            .names()
            .into_iter()
            .map(|(from, to)| {
                json!({"source_labels": ["issuer"], "regex": from, "target_label": "issuer", "replacement": to})
            })
            .collect();
        json!({
            "job_name": site.fault.name(),
            "static_configs": [{"targets": [site.address]}],
            "metric_relabel_configs": names,
        })
    };
    // JSON is YAML.
    let config = json!({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["alerts.yml"],
        "scrape_configs": sites.iter().map(job).collect::<Vec<_>>(),
    });
    config.to_string()
}
