//! Whether text can be read on its ground, from the page's own colours.

use std::collections::BTreeMap;

/// The colours of one scheme by their names.
pub(super) type Colours = BTreeMap<String, [f64; 3]>;

/// The light and the dark colours of `style`; what the dark scheme leaves out is as in the light.
pub(super) fn schemes(style: &str) -> [Colours; 2] {
    let (light, rest) = style
        .split_once("@media (prefers-color-scheme: dark)")
        .expect("a dark scheme");
    let dark_end = rest.find("*, *::before").expect("the end of the schemes");
    let light = colours(light);
    let mut dark = light.clone();
    dark.extend(colours(&rest[..dark_end]));
    [light, dark]
}

fn colours(style: &str) -> Colours {
    let lines = style.lines().filter_map(|line| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
        let digits = value.strip_suffix(';')?;
        let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let channels = [channel(0)?, channel(2)?, channel(4)?];
        Some((
            name.to_owned(),
            channels.map(|channel| f64::from(channel) / 255.0),
        ))
    });
    lines.collect()
}

/// The contrast of two colours, from 1 to 21 (WCAG 2.2, 1.4.3).
pub(super) fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let one = luminance(one);
    let other = luminance(other);
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: [f64; 3]) -> f64 {
    let linear = colour.map(|channel| {
        if channel <= 0.04045 {
            channel / 12.92
        } else {
            ((channel + 0.055) / 1.055).powf(2.4)
        }
    });
    linear
        .iter()
        .zip([0.2126, 0.7152, 0.0722])
        .map(|(channel, weight)| channel * weight)
        .sum()
}

#[test]
fn contrast_is_that_of_the_standard() {
    let black = [0.0; 3];
    let white = [1.0; 3];
    assert!((contrast(black, white) - 21.0).abs() < 1e-9);
    assert!((contrast(white, white) - 1.0).abs() < 1e-9);
    let grey = [f64::from(0x76_u8) / 255.0; 3];
    assert!((contrast(grey, white) - 4.54).abs() < 0.01);
}
