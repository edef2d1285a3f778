use proptest::prelude::*;

use super::*;

fn segments(directory: &Path) -> BlockSegments {
    BlockSegments::open(directory.join("blocks"), Magic::REGTEST, 1_000).unwrap()
}

fn found(segments: &BlockSegments, segment: u32, from: u32) -> (Vec<Vec<u8>>, Option<TornRecord>) {
    let mut blocks = Vec::new();
    let take = |location: BlockLocation, block: &[u8]| {
        assert_eq!(segments.read(location).unwrap(), block);
        blocks.push(block.to_vec());
        Ok::<(), StorageError>(())
    };
    let torn = segments.scan(segment, from, take).unwrap();
    (blocks, torn)
}

proptest! {
    #[test]
    fn a_file_cut_anywhere_has_all_blocks_that_are_whole_and_takes_new_ones(
        lengths in prop::collection::vec(81_usize..300, 1..4),
        cut in any::<prop::sample::Index>()
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut store = segments(directory.path());
        let blocks: Vec<Vec<u8>> = (1_u8..).zip(&lengths).map(|(byte, length)| vec![byte; *length]).collect();
        let places: Vec<_> = blocks.iter().map(|block| store.append(block).unwrap()).collect();
        prop_assert!(places.iter().all(|place| place.segment == 0));
        let size = store.size(0).unwrap();
        let at = u32::try_from(cut.index(usize::try_from(size).unwrap() + 1)).unwrap();
        File::options().write(true).open(store.path(0)).unwrap().set_len(u64::from(at)).unwrap();

        let mut store = segments(directory.path());
        let whole = places.iter().take_while(|place| place.offset + place.length <= at).count();
        let (read, torn) = found(&store, 0, 0);
        prop_assert_eq!(&read[..], &blocks[..whole]);
        let end = places[..whole].last().map_or(0, |place| place.offset + place.length);
        prop_assert_eq!(torn.as_ref().map(|torn| torn.end), (end != at).then_some(end));
        if let Some(torn) = torn {
            store.cut(0, torn.end).unwrap();
        }
        let place = store.append(&[9; 100]).unwrap();
        prop_assert_eq!(place.offset, end + 8);
        prop_assert_eq!(found(&store, 0, 0).0.len(), whole + 1);
        prop_assert_eq!(store.total_bytes(), fs::metadata(store.path(0)).unwrap().len());
    }
}

#[test]
fn a_full_segment_is_followed_by_the_next_and_a_large_block_has_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = segments(directory.path());
    let places: Vec<u32> = [900, 84, 2_000, 100]
        .iter()
        .map(|length| store.append(&vec![1; *length]).unwrap().segment)
        .collect();
    assert_eq!(places, [0, 0, 1, 2]);
    store.delete(0).unwrap();
    store.sync().unwrap();
    assert_eq!(store.sizes().collect::<Vec<_>>(), [(1, 2_008), (2, 108)]);
    assert_eq!(
        segments(directory.path()).sizes().collect::<Vec<_>>(),
        [(1, 2_008), (2, 108)]
    );
}

#[test]
fn the_half_of_a_record_that_could_not_be_taken_back_is_cut_before_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = segments(directory.path());
    let first = store.append(&[1; 100]).unwrap();
    let half = |segment: u32| {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(store.path(segment))
            .unwrap();
        file.write_all(&[7; 50]).unwrap();
    };
    half(0);
    half(1);
    store.open = None;
    let places = [
        store.append(&[2; 100]).unwrap(),
        store.append(&[3; 800]).unwrap(),
    ];
    assert_eq!(
        places.map(|place| (place.segment, place.offset)),
        [(0, 116), (1, 8)]
    );
    assert_eq!(store.read(first).unwrap(), [1; 100]);
    assert_eq!(
        found(&store, 0, 0),
        (vec![vec![1; 100], vec![2; 100]], None)
    );
    assert_eq!(found(&store, 1, 0), (vec![vec![3; 800]], None));

    // What is shorter than it was has lost blocks.
    File::options()
        .write(true)
        .open(store.path(1))
        .unwrap()
        .set_len(100)
        .unwrap();
    store.open = None;
    let error = store.append(&[4; 90]).unwrap_err().to_string();
    assert!(
        error.contains("blk00001.dat is damaged: it has 100 bytes, and 808 were written"),
        "{error}"
    );
}

#[test]
fn damage_in_the_middle_is_reported_and_what_follows_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = segments(directory.path());
    for byte in 1..=3 {
        store.append(&[byte; 100]).unwrap();
    }
    let mut bytes = fs::read(store.path(0)).unwrap();
    bytes[108] ^= 1;
    fs::write(store.path(0), bytes).unwrap();
    let (before, torn) = found(&store, 0, 0);
    assert_eq!((before.len(), torn.map(|torn| torn.end)), (1, Some(108)));
    let next = store.next_record(0, 108).unwrap().unwrap();
    assert_eq!(found(&store, 0, next), (vec![vec![3; 100]], None));
    let beyond = BlockLocation {
        segment: 0,
        offset: 300,
        length: 100,
    };
    assert!(
        store
            .read(beyond)
            .unwrap_err()
            .to_string()
            .contains("blk00000.dat is damaged")
    );
}
