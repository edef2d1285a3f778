//! Heights and numbers of blocks.

pub(in crate::cli) fn height(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| "write the height of a block, such as 840000".to_owned())
}

pub(in crate::cli) fn number_of_blocks(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| "write a number of blocks, such as 2016".to_owned())
}
