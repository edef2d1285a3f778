//! Amounts as Bitcoin Core writes them in its messages. Pure.

use bitcoin::Amount;

/// `amount` in BTC, with two decimals at least and no more than it needs (Core's `FormatMoney`).
pub(crate) fn format_money(amount: Amount) -> String {
    const SATOSHI_PER_BITCOIN: u64 = 100_000_000;
    let satoshi = amount.to_sat();
    let whole = satoshi / SATOSHI_PER_BITCOIN;
    let fraction = satoshi % SATOSHI_PER_BITCOIN;
    let decimals = format!("{fraction:08}");
    let needed = decimals.trim_end_matches('0');
    format!("{whole}.{needed:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_two_decimals_at_least() {
        for (satoshi, wanted) in [
            (0, "0.00"),
            (1, "0.00000001"),
            (1_000, "0.00001"),
            (10_000_000, "0.10"),
            (12_000_000, "0.12"),
            (5_000_000_000, "50.00"),
            (2_099_999_997_690_000, "20999999.9769"),
        ] {
            assert_eq!(format_money(Amount::from_sat(satoshi)), wanted);
        }
    }
}
