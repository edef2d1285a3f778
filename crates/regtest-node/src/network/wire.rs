//! Messages as bytes: a frame of magic, command, length and checksum, and what it holds.

use bitcoin::consensus::encode::{deserialize, serialize};
use bitcoin::p2p::Magic;
use bitcoin::p2p::message::{NetworkMessage, RawNetworkMessage};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Magic, command, length, checksum.
const FRAME_HEADER_BYTES: usize = 24;
/// bitcoind's own limit.
const MAX_PAYLOAD_BYTES: u32 = 4_000_000;

/// Why a message cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("it closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(std::io::Error),
    #[error("it speaks to another network")]
    Magic,
    #[error("a message of {0} bytes")]
    TooLarge(u32),
    #[error("a message that cannot be read: {0}")]
    Malformed(bitcoin::consensus::encode::Error),
}

fn broken(error: std::io::Error) -> WireError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        WireError::Closed
    } else {
        WireError::Broken(error)
    }
}

/// The next message and its bytes.
pub(super) async fn read<R: AsyncRead + Unpin>(
    from: &mut R,
    magic: Magic,
) -> Result<(NetworkMessage, usize), WireError> {
    let mut bytes = vec![0; FRAME_HEADER_BYTES];
    from.read_exact(&mut bytes).await.map_err(broken)?;
    if !bytes.starts_with(&magic.to_bytes()) {
        return Err(WireError::Magic);
    }
    let length = bytes
        .get(16..20)
        .and_then(|length| length.try_into().ok())
        .map_or(0, u32::from_le_bytes);
    if length > MAX_PAYLOAD_BYTES {
        return Err(WireError::TooLarge(length));
    }
    // Memory is taken for what has come, not for what was announced.
    from.take(u64::from(length))
        .read_to_end(&mut bytes)
        .await
        .map_err(broken)?;
    if u64::try_from(bytes.len().saturating_sub(FRAME_HEADER_BYTES)) != Ok(u64::from(length)) {
        return Err(WireError::Closed);
    }
    let size = bytes.len();
    let message: RawNetworkMessage = deserialize(&bytes).map_err(WireError::Malformed)?;
    Ok((message.into_payload(), size))
}

/// The bytes of `message`.
pub(super) fn write(message: NetworkMessage, magic: Magic) -> Vec<u8> {
    serialize(&RawNetworkMessage::new(magic, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_bytes(mut bytes: &[u8]) -> Result<(NetworkMessage, usize), String> {
        read(&mut bytes, Magic::REGTEST)
            .await
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn what_is_written_is_read_and_what_is_not_whole_is_not() {
        let bytes = write(NetworkMessage::Ping(7), Magic::REGTEST);
        assert_eq!(
            read_bytes(&bytes).await,
            Ok((NetworkMessage::Ping(7), bytes.len()))
        );
        for cut in 0..bytes.len() {
            assert_eq!(
                read_bytes(&bytes[..cut]).await,
                Err("it closed the connection".to_owned())
            );
        }
    }

    #[tokio::test]
    async fn strangers_giants_and_nonsense_are_distinguished() {
        let bytes = write(NetworkMessage::Ping(7), Magic::BITCOIN);
        assert_eq!(
            read_bytes(&bytes).await.unwrap_err(),
            "it speaks to another network"
        );
        let mut bytes = write(NetworkMessage::Ping(7), Magic::REGTEST);
        bytes[16..20].copy_from_slice(&4_000_001_u32.to_le_bytes());
        assert_eq!(
            read_bytes(&bytes).await.unwrap_err(),
            "a message of 4000001 bytes"
        );
        let mut bytes = write(NetworkMessage::Ping(7), Magic::REGTEST);
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert!(
            read_bytes(&bytes)
                .await
                .unwrap_err()
                .starts_with("a message that cannot be read")
        );
    }
}
