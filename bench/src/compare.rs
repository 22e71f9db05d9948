//! Two servers side by side: runs alternate, so that what the machine does meanwhile hits both alike.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::figures::{Table, median, number};
use crate::sends::{self, Report, Sends};
use crate::server::{Launch, Place};

/// One comparison.
#[derive(Clone, Debug, Args)]
pub struct Compare {
    /// The one binary
    #[arg(long, value_name = "BINARY")]
    pub a: PathBuf,
    /// The other binary; it may be the same one with other settings
    #[arg(long, value_name = "BINARY")]
    pub b: PathBuf,
    /// A setting for A alone, `SOTTO_NAME=value`; can be given several times
    #[arg(long, value_name = "SETTING", value_parser = setting)]
    pub env_a: Vec<(String, String)>,
    /// A setting for B alone
    #[arg(long, value_name = "SETTING", value_parser = setting)]
    pub env_b: Vec<(String, String)>,
    /// How often each is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub rounds: u16,
    /// What is measured.
    #[command(flatten)]
    pub sends: Sends,
}

/// Reads `SOTTO_NAME=value`.
///
/// # Errors
/// Where it is none.
pub fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| name.starts_with("SOTTO_"))
        .ok_or("SOTTO_NAME=value is expected")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What is compared, and how it is read from a report.
type Figure = (&'static str, fn(&Report) -> Option<f64>);

const FIGURES: [Figure; 8] = [
    ("acks/s", |report| Some(report.acks)),
    ("deliveries/s", |report| Some(report.deliveries)),
    ("ack p50 ms", |report| Some(report.latency.p50)),
    ("ack p99 ms", |report| Some(report.latency.p99)),
    ("server µs/send", |report| report.cpu_per_send),
    ("server cores", |report| report.server_cores),
    ("batch", |report| report.batch),
    ("commit ms", |report| report.commit),
];

/// Measures both in turn; `each` sees every single report, with `A` or `B`.
///
/// # Errors
/// Where one of the measurements fails.
pub async fn measure(
    launch: &Launch,
    compare: &Compare,
    mut each: impl FnMut(&str, &Report),
) -> Result<Table> {
    let place = |binary: &PathBuf, settings: &[(String, String)]| {
        let mut launch = launch.clone();
        launch.binary.clone_from(binary);
        launch.settings.extend_from_slice(settings);
        Place::Own(launch)
    };
    let places = [
        ("A", place(&compare.a, &compare.env_a)),
        ("B", place(&compare.b, &compare.env_b)),
    ];
    let mut reports = [Vec::new(), Vec::new()];
    for _ in 0..compare.rounds {
        for ((name, place), reports) in places.iter().zip(&mut reports) {
            let report = sends::measure(place, &compare.sends).await?;
            each(name, &report);
            reports.push(report);
        }
    }
    Ok(table(&reports))
}

fn table([a, b]: &[Vec<Report>; 2]) -> Table {
    let mut table = Table::new(["median", "A", "B", "B / A", "A from – to", "B from – to"]);
    for (name, figure) in FIGURES {
        let values = |reports: &[Report]| reports.iter().filter_map(figure).collect::<Vec<_>>();
        let range = |values: &[f64]| {
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            format!("{} – {}", number(least), number(most))
        };
        let (a, b) = (values(a), values(b));
        if a.is_empty() || b.is_empty() {
            continue;
        }
        let (range_a, range_b) = (range(&a), range(&b));
        let (a, b) = (median(a), median(b));
        let ratio = format!("{:.3}", b / a);
        table.row([
            name.to_owned(),
            number(a),
            number(b),
            ratio,
            range_a,
            range_b,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_from_other_words() {
        let pair = ("SOTTO_X".to_owned(), "a=b".to_owned());
        assert_eq!(setting("SOTTO_X=a=b"), Ok(pair));
        assert!(setting("PATH=x").is_err());
        assert!(setting("SOTTO_X").is_err());
    }
}
