//! Samples and splits by seed.

use std::collections::BTreeMap;

use placelens::dataset::{Drawing, LabelledPhoto, Shares, Split, Survey};

use super::{Folder, assert_says, jpeg, picture};

fn shares(text: &str) -> Shares {
    text.parse().unwrap()
}

fn drawing(sample: Option<usize>, split: Option<&str>, seed: u64) -> Drawing {
    Drawing { sample, shares: split.map(shares), seed }
}

/// `counts` photos in the first regions, all different.
fn filled(counts: &[(&str, u64)]) -> Folder {
    let folder = Folder::new();
    let mut next = 0;
    for (region, count) in counts {
        for number in 0..*count {
            folder.photo(&format!("{region}/{number:03}.jpg"), next);
            next += 1;
        }
    }
    folder
}

fn splits(survey: &Survey) -> BTreeMap<String, Option<Split>> {
    survey.dataset.photos.iter().map(|photo| (photo.path.clone(), photo.split)).collect()
}

fn counts<'a>(photos: impl Iterator<Item = &'a LabelledPhoto> + Clone) -> [usize; 3] {
    Split::ALL.map(|split| photos.clone().filter(|photo| photo.split == Some(split)).count())
}

#[test]
fn shares_are_exact_in_every_region() {
    let folder = filled(&[("malibu", 50), ("pasadena", 20), ("hollywood", 13)]);
    let survey = drawing(None, Some("0.8/0.1/0.1"), 7).draw(folder.survey()).unwrap();
    let of =
        |start: &'static str| counts(survey.dataset.photos.iter().filter(move |photo| photo.path.starts_with(start)));
    // 13 photos: cut at 10.4 and 11.7.
    assert_eq!([of("malibu"), of("pasadena"), of("hollywood")], [[40, 5, 5], [16, 2, 2], [10, 2, 1]]);
}

#[test]
fn the_same_seed_gives_the_same_split_and_another_another() {
    let folder = filled(&[("malibu", 40), ("pasadena", 40)]);
    let draw = |seed| splits(&drawing(Some(30), Some("0.6/0.2/0.2"), seed).draw(folder.survey()).unwrap());
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    assert_eq!(draw(1).len(), 60);
}

#[test]
fn the_split_of_known_paths_is_known() {
    // Computed apart from this crate, with Python's hashlib, from the rule that the module states.
    let folder = filled(&[("malibu", 10)]);
    let survey = drawing(Some(6), Some("50/25/25"), 42).draw(folder.survey()).unwrap();
    let found: Vec<_> = splits(&survey).into_iter().map(|(path, split)| format!("{path} {}", split.unwrap())).collect();
    assert_eq!(found, GOLDEN);
}

const GOLDEN: [&str; 6] = [
    "malibu/000.jpg val",
    "malibu/002.jpg train",
    "malibu/004.jpg test",
    "malibu/005.jpg train",
    "malibu/006.jpg val",
    "malibu/007.jpg train",
];

#[test]
fn a_photo_keeps_its_split_wherever_the_data_set_lies_and_whatever_else_is_in_it() {
    let (small, large) = (filled(&[("malibu", 30)]), filled(&[("malibu", 30), ("pasadena", 25)]));
    let draw = |folder: &Folder| splits(&drawing(None, Some("0.7/0.15/0.15"), 3).draw(folder.survey()).unwrap());
    let (few, many) = (draw(&small), draw(&large));
    assert!(few.iter().all(|(path, split)| many[path] == *split));
}

#[test]
fn a_new_photo_moves_few_others() {
    let before = filled(&[("malibu", 60)]);
    let draw = |folder: &Folder| splits(&drawing(None, Some("0.8/0.1/0.1"), 3).draw(folder.survey()).unwrap());
    let old = draw(&before);
    before.photo("malibu/new.jpg", 999);
    let new = draw(&before);
    let moved = old.iter().filter(|(path, split)| new[*path] != **split).count();
    assert!(moved <= 2, "{moved} of 60: at most one at each of the two cuts");
}

#[test]
fn duplicates_go_to_one_split_whatever_their_region() {
    let folder = filled(&[("malibu", 30), ("pasadena", 30)]);
    for number in 0..8 {
        folder.photo(&format!("pasadena/copy_{number}.jpg"), number);
        folder.write(&format!("malibu/again_{number}.jpg"), jpeg(&picture(number), 70, None));
    }
    for seed in 0..20 {
        let survey = drawing(None, Some("0.6/0.2/0.2"), seed).draw(folder.survey()).unwrap();
        let of = splits(&survey);
        for number in 0..8 {
            let group = [
                format!("malibu/{number:03}.jpg"),
                format!("malibu/again_{number}.jpg"),
                format!("pasadena/copy_{number}.jpg"),
            ];
            assert!(group.iter().all(|path| of[path] == of[&group[0]]), "seed {seed}: {group:?}");
        }
        // 38 photos in each region, cut at 22.8 and 30.4.
        let of = |start| counts(survey.dataset.photos.iter().filter(move |photo| photo.path.starts_with(start)));
        assert_eq!([of("malibu"), of("pasadena")], [[23, 7, 8]; 2], "seed {seed}");
    }
}

#[test]
fn a_sample_takes_at_most_so_many_of_each_region_by_seed() {
    let folder = filled(&[("malibu", 25), ("pasadena", 4)]);
    let draw = |most, seed| splits(&drawing(Some(most), None, seed).draw(folder.survey()).unwrap());
    let ten = draw(10, 1);
    assert_eq!(ten.keys().filter(|path| path.starts_with("malibu")).count(), 10);
    assert_eq!(ten.keys().filter(|path| path.starts_with("pasadena")).count(), 4);
    assert!(ten.values().all(Option::is_none), "no split was asked for");
    assert_ne!(ten, draw(10, 2));
    assert!(ten.keys().all(|path| draw(12, 1).contains_key(path)), "a larger sample holds the smaller one");
}

#[test]
fn every_seed_may_take_every_photo_for_a_test() {
    let folder = filled(&[("malibu", 20)]);
    let survey = folder.survey();
    let mut tested: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..200 {
        for (path, split) in splits(&drawing(None, Some("0.5/0.25/0.25"), seed).draw(survey.clone()).unwrap()) {
            *tested.entry(path).or_default() += u32::from(split == Some(Split::Test));
        }
    }
    // 50 times each on average, with a standard deviation of √(200 · ¼ · ¾) = 6.1; six of them either way.
    assert!(tested.values().all(|count| (13..=87).contains(count)), "{tested:?}");
}

#[test]
fn refuses_a_split_without_a_photo() {
    let folder = filled(&[("malibu", 3), ("pasadena", 1)]);
    let error = drawing(None, Some("0.8/0.1/0.1"), 0).draw(folder.survey()).unwrap_err();
    assert_says(
        &error,
        &["the split `test` would have no photo", "of 4 photos: 3 train, 1 val, 0 test", "larger share"],
    );
}

#[test]
fn one_group_of_duplicates_cannot_be_split() {
    let folder = Folder::new();
    (0..9).for_each(|number| _ = folder.photo(&format!("malibu/{number}.jpg"), 1));
    let error = drawing(None, Some("0.4/0.3/0.3"), 0).draw(folder.survey()).unwrap_err();
    assert_says(&error, &["would have no photo"]);
}

#[test]
fn reads_shares_as_parts_of_one_or_of_a_hundred() {
    assert_eq!(shares("80/10/10").quotas(10), [8, 1, 1]);
    assert_eq!(shares(" 0.8 / 0.1 / 0.1 ").quotas(10), [8, 1, 1]);
    for count in 0..500 {
        let (ones, hundreds) = (shares("0.35/0.35/0.3").quotas(count), shares("35/35/30").quotas(count));
        assert_eq!(ones, hundreds, "{count}");
        assert_eq!(ones.iter().sum::<usize>(), count);
    }
    assert_eq!(shares("0.333333/0.333333/0.333334").quotas(9), [3, 3, 3]);
}

#[test]
fn refuses_other_shares() {
    for (text, words) in [
        ("0.8/0.2", "2 shares; expected three"),
        ("", "1 shares; expected three"),
        ("0.8/0.1/0.05/0.05", "4 shares; expected three"),
        ("0.9/0.1/0", "the share of test is \"0\"; expected a number above 0"),
        ("1.1/-0.2/0.1", "the share of val is \"-0.2\""),
        ("0.8/x/0.1", "the share of val is \"x\""),
        ("NaN/0.1/0.1", "the share of train is \"NaN\""),
        ("0.8/0.1/0.2", "expected 1, such as 0.8/0.1/0.1, or 100"),
        ("8/1/1", "the shares are 10 together"),
    ] {
        let message = text.parse::<Shares>().unwrap_err().to_string();
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn reads_the_words_for_splits() {
    for (word, split) in
        [("train", Split::Train), ("Val", Split::Val), ("validation", Split::Val), (" TEST ", Split::Test)]
    {
        assert_eq!(word.parse(), Ok(split));
    }
    assert_eq!("exam".parse::<Split>().unwrap_err().to_string(), "the split is \"exam\"; expected train, val or test");
    assert_eq!(serde_json::to_string(&Split::ALL).unwrap(), r#"["train","val","test"]"#);
}
