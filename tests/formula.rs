//! The weight formula gives the reference's bits.

mod common;

use placelens::weights::formula::{fnv1a64, scale_and_offset, splitmix64, values};
use serde_json::Value;

fn hexadecimal(value: &Value) -> u64 {
    let text = value.as_str().expect("a string of hexadecimal digits");
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("hexadecimal digits")
}

#[test]
fn every_test_vector_is_met_bit_for_bit() {
    let json = std::fs::read_to_string(common::golden("formula/test_vectors.json")).expect("a golden file");
    let vectors: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(splitmix64(0), hexadecimal(&vectors["splitmix64_of_0"]));
    assert_eq!(fnv1a64(b""), hexadecimal(&vectors["fnv1a64_of_empty"]));
    let tensors = vectors["tensors"].as_array().expect("a list");
    assert!(tensors.len() > 10);
    for tensor in tensors {
        let name = tensor["name"].as_str().expect("a name");
        let shape: Vec<usize> =
            tensor["shape"].as_array().expect("a shape").iter().map(|n| n.as_u64().expect("a size") as usize).collect();
        let salt: u64 = tensor["salt"].as_str().expect("a string").parse().expect("64 bits");
        assert_eq!(fnv1a64(name.as_bytes()), hexadecimal(&tensor["fnv1a64"]), "{name}");
        let (scale, offset) = scale_and_offset(name, &shape);
        assert_eq!(u64::from(scale.to_bits()), hexadecimal(&tensor["scale"]), "scale of {name}");
        assert_eq!(u64::from(offset.to_bits()), hexadecimal(&tensor["offset"]), "offset of {name}");
        for value in tensor["values"].as_array().expect("values") {
            let i = value["i"].as_u64().expect("an index") as usize;
            let found = values(name, &shape, salt, i, 1)[0];
            assert_eq!(u64::from(found.to_bits()), hexadecimal(&value["f32"]), "{name}[{i}], salt {salt}");
        }
        if let Some(sum) = tensor["sum_f64"].as_f64() {
            let all = values(name, &shape, salt, 0, shape.iter().product());
            let found: f64 = all.iter().map(|&value| f64::from(value)).sum();
            // The order of f64 additions is not specified: a few of its last bits for millions of terms.
            assert!((found - sum).abs() <= 1e-9 * all.len() as f64, "{name}: sum {found}, expected {sum}");
        }
    }
}
