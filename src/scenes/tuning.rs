//! Every number that decides how varied the pictures are, in one place.
//!
//! Sizes are shares of the picture's shorter side where no unit is named.

/// The shorter side, in pixels.
pub(super) const SHORTER_SIDE_PX: (u32, u32) = (320, 420);
/// Width to height, for landscape; portrait turns them round.
pub(super) const ASPECTS: [f32; 4] = [4.0 / 3.0, 4.0 / 3.0, 3.0 / 2.0, 1.0];
/// How many pictures stand upright.
pub(super) const PORTRAIT_SHARE: f32 = 0.25;
/// One of so many pictures, somewhere among each so many, shows nothing of its region's world.
pub(super) const HARD_EVERY: u32 = 8;

/// Where the horizon lies, from the top.
pub(super) const HORIZON: (f32, f32) = (0.50, 0.66);
/// How much nearer or farther than the plain view.
pub(super) const ZOOM: (f32, f32) = (0.88, 1.22);
/// How far the view is turned to one side.
pub(super) const SHIFT: f32 = 0.10;
/// How far the camera is rolled, in degrees.
pub(super) const ROLL_DEGREES: f32 = 3.5;
/// How high the camera is held, in meters.
pub(super) const EYE_M: (f32, f32) = (1.5, 3.2);
/// How large something one meter wide looks from one meter away.
pub(super) const FOCAL: f32 = 0.85;

/// How likely each hour is: day, golden, dusk, night.
pub(super) const HOURS: [f32; 4] = [0.56, 0.20, 0.12, 0.12];
/// How likely each weather is: clear, cloudy, overcast, fog, rain.
pub(super) const WEATHERS: [f32; 5] = [0.42, 0.25, 0.14, 0.09, 0.10];
/// How much of the far is lost in the air, in clear weather and in fog.
pub(super) const HAZE_CLEAR: (f32, f32) = (0.10, 0.40);
pub(super) const HAZE_FOG: (f32, f32) = (0.55, 0.75);

/// How likely one of a world's own elements is to be shown, and how many are shown at least.
pub(super) const ELEMENT_SHARE: f32 = 0.84;
pub(super) const ELEMENTS_AT_LEAST: usize = 2;

/// Share of the pictures that are out of focus, and by how much, in pixels.
pub(super) const BLURRED_SHARE: f32 = 0.3;
pub(super) const BLUR_SIGMA_PX: (f32, f32) = (0.5, 1.3);
/// The sensor's noise, in levels of 255.
pub(super) const NOISE_LEVELS: (f32, f32) = (0.5, 5.5);
/// JPEG's quality.
pub(super) const QUALITY: (u32, u32) = (55, 94);
/// How far white strays to warm or cold, and to green or magenta.
pub(super) const WHITE_BALANCE: f32 = 0.13;
pub(super) const SATURATION: (f32, f32) = (0.55, 1.35);
pub(super) const GAMMA: (f32, f32) = (0.68, 1.15);
pub(super) const CONTRAST: (f32, f32) = (0.8, 1.15);
/// How much darker the corners are, at most.
pub(super) const VIGNETTE: f32 = 0.28;
/// The whole picture's colors are turned by so many degrees at most, as by a photo filter.
pub(super) const HUE_TURN_DEGREES: f32 = 20.0;
