//! The table's text.

/// Voters of one hour and sex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// the station's id
    pub station: String,
    /// 0 to 23, local
    pub hour: u8,
    /// `f` or `m`
    pub sex: String,
    /// voters
    pub count: u32,
}

/// Whose turnout it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// the commission's number of it
    pub id: String,
    /// for people
    pub name: String,
    /// voters on the roll
    pub registered: u32,
}

/// The first line.
pub const HEADER: &str = "station,name,hour,women,men,voters,registered,turnout_percent\r\n";

/// The lines of one station: every hour that had voters, in order, then the day with `all` as hour.
#[must_use]
pub fn lines(station: &Station, rows: &[Row]) -> String {
    let mut text = String::new();
    let of_station: Vec<&Row> = rows.iter().filter(|row| row.station == station.id).collect();
    let total = |hour: Option<u8>, sex: Option<&str>| -> u32 {
        of_station
            .iter()
            .filter(|row| hour.is_none_or(|hour| row.hour == hour) && sex.is_none_or(|sex| row.sex == sex))
            .map(|row| row.count)
            .fold(0, u32::saturating_add)
    };
    for hour in (0..24).filter(|hour| total(Some(*hour), None) > 0) {
        line(&mut text, station, &format!("{hour:02}"), |sex| total(Some(hour), sex));
    }
    line(&mut text, station, "all", |sex| total(None, sex));
    text
}

fn line(text: &mut String, station: &Station, hour: &str, total: impl Fn(Option<&str>) -> u32) {
    let fields = [
        quoted(&station.id),
        quoted(&station.name),
        hour.to_owned(),
        total(Some("f")).to_string(),
        total(Some("m")).to_string(),
        total(None).to_string(),
        station.registered.to_string(),
        percent(total(None), station.registered),
    ];
    text.push_str(&fields.join(","));
    text.push_str("\r\n");
}

/// With one decimal, in whole numbers so that it is the same everywhere.
fn percent(voters: u32, registered: u32) -> String {
    let tenths = u64::from(voters) * 1_000 / u64::from(registered.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// RFC 4180, section 2, rules 5 to 7. A field that a spreadsheet would take for a formula is marked as text.
fn quoted(field: &str) -> String {
    let marked = if field.starts_with(['=', '+', '-', '@']) {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if marked.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", marked.replace('"', "\"\""))
    } else {
        marked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(hour: u8, sex: &str, count: u32) -> Row {
        Row {
            station: "1234".to_owned(),
            hour,
            sex: sex.to_owned(),
            count,
        }
    }

    #[test]
    fn hours_are_in_order_and_the_day_is_their_sum() {
        let station = Station {
            id: "1234".to_owned(),
            name: "School 5, hall \"A\"".to_owned(),
            registered: 1_300,
        };
        let rows = [row(9, "m", 2), row(8, "f", 3), row(9, "f", 1)];
        assert_eq!(
            lines(&station, &rows),
            "1234,\"School 5, hall \"\"A\"\"\",08,3,0,3,1300,0.2\r\n\
             1234,\"School 5, hall \"\"A\"\"\",09,1,2,3,1300,0.2\r\n\
             1234,\"School 5, hall \"\"A\"\"\",all,4,2,6,1300,0.4\r\n"
        );
    }

    #[test]
    fn a_name_that_a_spreadsheet_would_run_is_marked_as_text() {
        assert_eq!(quoted("=HYPERLINK(1)"), "'=HYPERLINK(1)");
    }
}
