//! What a researcher wants to know of a data set before training on it.
//!
//! In: a [`Survey`] and the places.  Out: [`Report`], as text to read or as JSON with every name.
//! Every region has its line, those without a photo as well: what is tested may be more than what is trained.
//!
//! Proof: `tests/dataset/report.rs`.

use std::fmt;

use serde::Serialize;

use super::duplicates::Duplicates;
use super::inspect::Unreadable;
use super::outside::outside_km;
use super::split::Split;
use super::{LabelledPhoto, Survey};
use crate::places::Places;

/// How far from its region a photo may be before it is reported, in kilometers: about what GPS is off by in a street.
pub const SLACK_KM: f64 = 0.01;
/// How many photos the text names of each kind of trouble.
const MOST_NAMED: usize = 5;

/// A data set in numbers, and the photos to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub dataset: String,
    pub counts: Counts,
    /// Whether any photo is of a split.
    pub has_splits: bool,
    /// Every region of the places, in their order.
    pub regions: Vec<RegionCounts>,
    pub without_coordinates: Vec<String>,
    pub outside_region: Vec<Outside>,
    pub unreadable: Vec<Unreadable>,
    /// Files of the same bytes.
    pub exact_duplicates: Vec<DuplicateGroup>,
    /// Pictures that look the same.
    pub near_duplicates: Vec<DuplicateGroup>,
    /// Files that are not the data set's photos.
    pub passed_over: Vec<String>,
}

/// Photos that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    pub photos: usize,
    pub train: usize,
    pub val: usize,
    pub test: usize,
    pub in_no_split: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegionCounts {
    pub id: String,
    pub name: String,
    #[serde(flatten)]
    pub counts: Counts,
}

/// A photo whose coordinates are not in its region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outside {
    pub path: String,
    pub region: String,
    pub lat: f64,
    pub lon: f64,
    /// From the region's border.
    pub distance_km: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DuplicateGroup {
    pub across_splits: bool,
    pub across_regions: bool,
    pub photos: Vec<Duplicate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    pub path: String,
    pub region: String,
    pub split: Option<Split>,
}

impl Counts {
    fn add(&mut self, photo: &LabelledPhoto) {
        self.photos += 1;
        match photo.split {
            Some(Split::Train) => self.train += 1,
            Some(Split::Val) => self.val += 1,
            Some(Split::Test) => self.test += 1,
            None => self.in_no_split += 1,
        }
    }

    /// The photos of one split.
    pub fn of(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Val => self.val,
            Split::Test => self.test,
        }
    }
}

impl Report {
    /// The report on the photos of `survey`.
    pub fn of(survey: &Survey, places: &Places) -> Self {
        let dataset = &survey.dataset;
        let mut counts = Counts::default();
        let named = |region: &crate::places::Region| RegionCounts {
            id: region.id.clone(),
            name: region.name.clone(),
            counts: Counts::default(),
        };
        let mut regions: Vec<RegionCounts> = places.regions.iter().map(named).collect();
        for photo in &dataset.photos {
            counts.add(photo);
            regions[photo.region].counts.add(photo);
        }
        let Duplicates { exact, near } = Duplicates::among(&survey.looks);
        let groups = |groups: Vec<Vec<usize>>| groups.iter().map(|group| duplicates(survey, places, group)).collect();
        let without = dataset.photos.iter().filter(|photo| photo.taken_at.is_none());
        Self {
            dataset: dataset.source.display().to_string(),
            counts,
            has_splits: counts.in_no_split < counts.photos,
            regions,
            without_coordinates: without.map(|photo| photo.path.clone()).collect(),
            outside_region: dataset.photos.iter().filter_map(|photo| outside(photo, places)).collect(),
            unreadable: survey.unreadable.clone(),
            exact_duplicates: groups(exact),
            near_duplicates: groups(near),
            passed_over: dataset.passed_over.iter().map(|file| file.display().to_string()).collect(),
        }
    }

    /// Regions that have photos but miss some of the splits, and which.
    pub fn empty_splits(&self) -> Vec<(&RegionCounts, Vec<Split>)> {
        let missed =
            |region: &RegionCounts| Split::ALL.into_iter().filter(|&split| region.counts.of(split) == 0).collect();
        let filled = self.regions.iter().filter(|region| self.has_splits && region.counts.photos > 0);
        let all = filled.map(|region| (region, missed(region)));
        all.filter(|(_, splits): &(_, Vec<Split>)| !splits.is_empty()).collect()
    }
}

fn outside(photo: &LabelledPhoto, places: &Places) -> Option<Outside> {
    let (at, region) = (photo.taken_at?, &places.regions[photo.region]);
    let distance_km = outside_km(region, at);
    (distance_km > SLACK_KM).then(|| Outside {
        path: photo.path.clone(),
        region: region.id.clone(),
        lat: at.lat,
        lon: at.lon,
        distance_km,
    })
}

fn duplicates(survey: &Survey, places: &Places, group: &[usize]) -> DuplicateGroup {
    let photos: Vec<&LabelledPhoto> = group.iter().map(|&index| &survey.dataset.photos[index]).collect();
    // A photo in no split is in nobody's way.
    let mut splits: Vec<Split> = photos.iter().filter_map(|photo| photo.split).collect();
    splits.sort_unstable();
    splits.dedup();
    DuplicateGroup {
        across_splits: splits.len() > 1,
        across_regions: photos.iter().any(|photo| photo.region != photos[0].region),
        photos: photos
            .iter()
            .map(|photo| Duplicate {
                path: photo.path.clone(),
                region: places.regions[photo.region].id.clone(),
                split: photo.split,
            })
            .collect(),
    }
}

impl fmt::Display for Report {
    /// Lines to read, without a line break at the end.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filled = self.regions.iter().filter(|region| region.counts.photos > 0).count();
        let all = self.regions.len();
        writeln!(formatter, "{}: {} in {filled} of {all} regions", self.dataset, photos(self.counts.photos))?;
        writeln!(formatter)?;
        self.table(formatter)?;
        writeln!(formatter)?;
        self.troubles(formatter)?;
        self.duplicates(formatter, "exact duplicates", &self.exact_duplicates)?;
        self.duplicates(formatter, "near duplicates", &self.near_duplicates)?;
        write!(formatter, "passed over as no photos of the set: {}", files(self.passed_over.len()))
    }
}

impl Report {
    fn table(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const REGION: &str = "region";
        let ids = self.regions.iter().map(|region| region.id.chars().count());
        let widest = ids.max().unwrap_or(0).max(REGION.len());
        let line = |id: &str, cells: [String; 5]| {
            // Columns of splits only where there are splits, and of photos in none only where there are such.
            let columns = match (self.has_splits, self.counts.in_no_split) {
                (false, _) => 1,
                (true, 0) => 4,
                (true, _) => 5,
            };
            let cells: String = cells.iter().take(columns).map(|cell| format!("{cell:>8}")).collect();
            format!("{id:<widest$}{cells}")
        };
        let numbers = |counts: &Counts| {
            [counts.photos, counts.train, counts.val, counts.test, counts.in_no_split].map(|count| count.to_string())
        };
        writeln!(formatter, "{}", line(REGION, ["photos", "train", "val", "test", "none"].map(str::to_owned)))?;
        for region in &self.regions {
            writeln!(formatter, "{}", line(&region.id, numbers(&region.counts)))?;
        }
        writeln!(formatter, "{}", line("total", numbers(&self.counts)))
    }

    fn troubles(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (region, splits) in self.empty_splits() {
            let RegionCounts { id, counts, .. } = region;
            let splits: Vec<&str> = splits.into_iter().map(Split::name).collect();
            writeln!(formatter, "{id}: {}, none of them in {}", photos(counts.photos), splits.join(" and "))?;
        }
        writeln!(formatter, "without coordinates: {}", photos(self.without_coordinates.len()))?;
        named(formatter, &self.without_coordinates, Clone::clone)?;
        writeln!(formatter, "coordinates outside their region: {}", photos(self.outside_region.len()))?;
        named(formatter, &self.outside_region, |photo| {
            format!("{}: {:.2} km outside {}", photo.path, photo.distance_km, photo.region)
        })?;
        writeln!(formatter, "unreadable, skipped: {}", files(self.unreadable.len()))?;
        named(formatter, &self.unreadable, |file| format!("{}: {}", file.path, file.reason))
    }

    fn duplicates(&self, formatter: &mut fmt::Formatter<'_>, kind: &str, groups: &[DuplicateGroup]) -> fmt::Result {
        let count: usize = groups.iter().map(|group| group.photos.len()).sum();
        let across = |is: fn(&DuplicateGroup) -> bool| groups.iter().filter(|group| is(group)).count();
        writeln!(
            formatter,
            "{kind}: {} in {}; across splits: {}; across regions: {}",
            photos(count),
            counted(groups.len(), "group"),
            across(|group| group.across_splits),
            across(|group| group.across_regions)
        )?;
        // The worst first: a test photo that the model has learned by heart.
        let mut order: Vec<&DuplicateGroup> = groups.iter().collect();
        order.sort_by_key(|group| (!group.across_splits, !group.across_regions));
        named(formatter, &order, |group| {
            let member = |photo: &Duplicate| match photo.split {
                Some(split) => format!("{} ({split})", photo.path),
                None => photo.path.clone(),
            };
            let members: Vec<String> = group.photos.iter().take(MOST_NAMED).map(member).collect();
            let more = group.photos.len() - members.len();
            format!("{}{}", members.join(" = "), if more > 0 { format!(" and {more} more") } else { String::new() })
        })
    }
}

/// The first of `items`, a line each, and how many more there are.
fn named<T>(formatter: &mut fmt::Formatter<'_>, items: &[T], line: impl Fn(&T) -> String) -> fmt::Result {
    for item in items.iter().take(MOST_NAMED) {
        writeln!(formatter, "    {}", line(item))?;
    }
    match items.len().saturating_sub(MOST_NAMED) {
        0 => Ok(()),
        more => writeln!(formatter, "    and {more} more (--json names all)"),
    }
}

fn photos(count: usize) -> String {
    counted(count, "photo")
}

fn files(count: usize) -> String {
    counted(count, "file")
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
