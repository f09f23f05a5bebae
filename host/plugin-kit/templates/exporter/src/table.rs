//! The lines.

/// The first line.
pub const HEADER: &str = "station\twhat\tvalue\n";

/// One total. Tabs and line ends in a name would make two fields of one.
#[must_use]
pub fn line(station: &str, what: &str, value: u32) -> String {
    let clean = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    format!("{}\t{}\t{value}\n", clean(station), clean(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_tab_stays_one_field() {
        assert_eq!(line("20\t41", "issued", 3), "20 41\tissued\t3\n");
    }
}
