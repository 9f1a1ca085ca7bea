//! ViT-L/14 of the formula against the reference: 1.7 GB of weights, so only with `./build.sh test --large`.

mod common;
#[path = "common/full_size.rs"]
mod common_full_size;

#[test]
fn vit_l_14_of_the_formula_is_the_reference_s() {
    common_full_size::is_the_reference_s(placelens::weights::formula::Architecture::VitL14, "vit_l14");
}
