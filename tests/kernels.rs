//! The CPU's kernels against plain f64 arithmetic, within what their rounding allows by its own rules.

use placelens::kernels::attention::Attention;
use placelens::kernels::digits::{Operand, Second};
use placelens::kernels::linear::{Linear, Method, Weights};
use placelens::kernels::norm::LayerNorm;
use placelens::kernels::panels::Then;
use placelens::kernels::{NonFinite, digits, wide};

/// (inputs, outputs) of every layer of ViT-B/32, B/16 and L/14, both towers, and some that fit no step and no panel.
const SHAPES: [(usize, usize); 21] = [
    (768, 768),
    (768, 2304),
    (768, 3072),
    (3072, 768),
    (768, 512),
    (512, 512),
    (512, 2048),
    (2048, 512),
    (588, 1024),
    (1024, 1024),
    (1024, 4096),
    (4096, 1024),
    (1024, 768),
    (1, 1),
    (2, 9),
    (3, 7),
    (5, 8),
    (7, 17),
    (33, 65),
    (47, 3),
    (130, 11),
];
const METHODS: [Method; 7] = [
    Method::Wide,
    Method::Digits(Operand::Seven, Second::Largest),
    Method::Digits(Operand::Unsigned, Second::Largest),
    Method::Digits(Operand::Signed, Second::Largest),
    Method::Digits(Operand::Seven, Second::Every),
    Method::Digits(Operand::Unsigned, Second::Every),
    Method::Digits(Operand::Signed, Second::Every),
];

/// Numbers that look random, the same in every run: splitmix64.
struct Numbers(u64);

impl Numbers {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// −1 to 1
    fn uniform(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 8_388_608.0 - 1.0
    }

    /// Of a normal distribution, by the sum of twelve.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform() / 2.0).sum()
    }

    fn normals(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.normal()).collect()
    }

    fn int8(&mut self, outputs: usize, inputs: usize) -> Weights {
        let values = (0..outputs * inputs).map(|_| (self.uniform() * 127.4) as i8 as u8).collect();
        let scales = (0..outputs).map(|_| 0.01 * (1.5 + self.uniform())).collect();
        Weights::Int8 { values, scales }
    }
}

/// `x · Wᵀ + b`, and `|x| · |W|ᵀ`, in f64.
fn exact(weights: &[f32], inputs: usize, bias: &[f32], x: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let mut products = Vec::new();
    let mut magnitudes = Vec::new();
    for x in x.chunks_exact(inputs) {
        for (row, bias) in weights.chunks_exact(inputs).zip(bias) {
            let terms = || x.iter().zip(row).map(|(&x, &w)| f64::from(x) * f64::from(w));
            products.push(terms().sum::<f64>() + f64::from(*bias));
            magnitudes.push(terms().map(f64::abs).sum::<f64>() + f64::from(bias.abs()));
        }
    }
    (products, magnitudes)
}

/// How many steps one digit spans.
fn steps(operand: Operand) -> f64 {
    if operand == Operand::Seven { 126.5 } else { 254.5 }
}

/// The most that a row's inputs can be off by, by the rules of `method`: half a step each.
fn half_step(method: Method, x: &[f32]) -> f64 {
    let (least, most) = x.iter().fold((0.0f32, 0.0f32), |(least, most), &x| (least.min(x), most.max(x)));
    let largest = f64::from(most.max(-least));
    let step = match method {
        Method::Wide => largest / f64::from(wide::limit(x.len())),
        _ if x.len() > digits::MOST_INPUTS => largest / f64::from(wide::limit(x.len())),
        // The blocks with a second digit only make the step smaller than this.
        Method::Digits(operand, Second::Largest) => {
            ((f64::from(most) - f64::from(least)) / steps(operand)).max(largest / 8000.0)
        }
        Method::Digits(operand, Second::Every) => {
            largest / f64::from(digits::most_steps(operand, x.len(), x.len().next_multiple_of(4)))
        }
    };
    // One rounding of the quotient on top, at most 8,000 steps of 2⁻²⁴ each, twice.
    step * 0.502
}

/// Compares a layer with exact arithmetic on its own weights, and returns the relative error of the whole.
fn check(what: &str, method: Method, weights: &Weights, inputs: usize, x: &[f32], numbers: &mut Numbers) -> f64 {
    let values = weights.to_f32();
    let outputs = values.len() / inputs;
    let bias = numbers.normals(outputs);
    let layer = Linear::with_method(vec![weights.clone()], inputs, Some(bias.clone()), method);
    let found = layer.apply(x).expect("finite inputs");
    let (products, magnitudes) = exact(&values, inputs, &bias, x);
    let sums: Vec<f64> = values.chunks_exact(inputs).map(|row| row.iter().map(|w| f64::from(w.abs())).sum()).collect();
    let (mut error, mut all) = (0.0, 0.0);
    for (i, (&found, &exact)) in found.iter().zip(&products).enumerate() {
        let (row, output) = (i / outputs, i % outputs);
        let x = &x[row * inputs..][..inputs];
        let rounding = match weights {
            Weights::F32(_) => 0.0,
            Weights::Int8 { .. } => half_step(method, x) * sums[output],
            // Of the input and of the weight, and the product of both.
            Weights::F16(short) => {
                let largest = |values: &[f32]| values.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
                let of_input = 0.502 * f64::from(largest(x) / wide::limit_of_shorts());
                let row: Vec<f32> = short[output * inputs..][..inputs].iter().map(|weight| weight.to_f32()).collect();
                let of_weight = 0.502 * f64::from(wide::short_scale(largest(&row)));
                let magnitude: f64 = x.iter().map(|x| f64::from(x.abs())).sum();
                of_input * sums[output] + of_weight * magnitude + of_input * of_weight * inputs as f64
            }
        };
        // f32's own rounding: of the sums in floats, of the scales in integers.
        let limit = rounding + magnitudes[i] * 1e-6 * (inputs as f64).sqrt().max(4.0) + 1e-30;
        let off = (f64::from(found) - exact).abs();
        assert!(
            off <= limit,
            "{what}, {method:?}: row {row}, output {output}: {found}, exactly {exact}; {off:e} > {limit:e}"
        );
        error += off * off;
        all += exact * exact;
    }
    (error / all.max(f64::MIN_POSITIVE)).sqrt()
}

#[test]
fn every_shape_is_within_the_rounding_of_its_inputs() {
    let numbers = &mut Numbers(1);
    for (inputs, outputs) in SHAPES {
        for rows in [1, 4, 5, 6, 11] {
            let x = numbers.normals(rows * inputs);
            let weights = numbers.int8(outputs, inputs);
            for method in METHODS {
                check(&format!("{rows} × {inputs} → {outputs}"), method, &weights, inputs, &x, numbers);
            }
        }
    }
}

#[test]
fn float_weights_are_exact_but_for_f32_s_and_f16_s_rounding() {
    let numbers = &mut Numbers(2);
    for (inputs, outputs) in SHAPES {
        let x = numbers.normals(7 * inputs);
        let values = numbers.normals(outputs * inputs);
        let short: Vec<half::f16> = values.iter().map(|&value| half::f16::from_f32(value)).collect();
        check(&format!("f32, {inputs} → {outputs}"), Method::Wide, &Weights::F32(values), inputs, &x, numbers);
        let error =
            check(&format!("f16, {inputs} → {outputs}"), Method::Wide, &Weights::F16(short), inputs, &x, numbers);
        // Over ±3.5 deviations the weights' steps are 4.3e-4 of one, whose rounding deviates by a third of that.
        assert!(error < 2e-4, "f16, {inputs} → {outputs}: {error}");
    }
}

#[test]
fn outliers_cost_no_digits_of_the_other_channels() {
    let numbers = &mut Numbers(3);
    for inputs in [768, 3072] {
        let mut x = numbers.normals(50 * inputs);
        let weights = numbers.int8(256, inputs);
        let wide_plain = check("plain", Method::Wide, &weights, inputs, &x, numbers);
        let digits = |what: &str, x: &[f32], numbers: &mut Numbers| {
            [Operand::Seven, Operand::Unsigned, Operand::Signed]
                .map(|operand| check(what, Method::Digits(operand, Second::Largest), &weights, inputs, x, numbers))
        };
        let plain = digits("plain", &x, numbers);
        // One channel in a hundred is 20 times as large, in every row.
        let loud: Vec<usize> = (0..inputs).filter(|_| numbers.bits().is_multiple_of(100)).collect();
        for row in x.chunks_exact_mut(inputs) {
            loud.iter().for_each(|&channel| row[channel] *= 20.0);
        }
        let wide_loud = check("outliers", Method::Wide, &weights, inputs, &x, numbers);
        let outliers = digits("outliers", &x, numbers);
        println!("{inputs}: wide {wide_plain:.5} {wide_loud:.5}, digits {plain:.5?} {outliers:.5?}");
        // Seven bits over ±3.5 deviations are steps of 0.055, whose rounding deviates by 0.016 of a deviation; a bit
        // more is half of that.
        for (error, limit) in plain.iter().chain(&outliers).zip([0.018, 0.009, 0.009].iter().cycle()) {
            assert!(error < limit, "{inputs}: {plain:?}, with outliers {outliers:?}");
        }
        assert!(wide_plain < 0.001 && wide_loud < 0.002, "{inputs}: {wide_plain}, with outliers {wide_loud}");
    }
}

#[test]
fn zeros_one_row_huge_and_tiny_numbers() {
    let numbers = &mut Numbers(4);
    let (inputs, outputs) = (96, 24);
    let weights = numbers.int8(outputs, inputs);
    let normals = numbers.normals(3 * inputs);
    for method in METHODS {
        check("zeros", method, &weights, inputs, &vec![0.0; 2 * inputs], numbers);
        check("one constant", method, &weights, inputs, &vec![-3.0; inputs], numbers);
        for factor in [1e-25, 1e-10, 1e10, 1e25] {
            let x: Vec<f32> = normals.iter().map(|x| x * factor).collect();
            check(&format!("times {factor:e}"), method, &weights, inputs, &x, numbers);
        }
        // Rows of very different size in one call keep their own steps.
        let mut mixed = normals.clone();
        mixed[..inputs].iter_mut().for_each(|x| *x *= 1e-12);
        mixed[2 * inputs..].iter_mut().for_each(|x| *x *= 1e12);
        check("mixed rows", method, &weights, inputs, &mixed, numbers);
        let silent = Weights::Int8 { values: vec![0; outputs * inputs].into(), scales: vec![0.0; outputs] };
        check("weights of zeros", method, &silent, inputs, &normals, numbers);
        let none =
            Linear::with_method(vec![weights.clone()], inputs, None, method).apply(&[]).expect("nothing to refuse");
        assert!(none.is_empty());
    }
}

#[test]
fn layers_side_by_side_are_each_as_alone() {
    let numbers = &mut Numbers(11);
    let inputs = 37;
    let f16 = |numbers: &mut Numbers, outputs: usize| {
        Weights::F16(numbers.normals(outputs * inputs).into_iter().map(half::f16::from_f32).collect())
    };
    let parts = [
        f16(numbers, 8),
        f16(numbers, 3),
        numbers.int8(13, inputs),
        numbers.int8(5, inputs),
        Weights::F32(numbers.normals(9 * inputs)),
        numbers.int8(16, inputs),
    ];
    let x = numbers.normals(7 * inputs);
    for method in METHODS {
        let layers = parts.iter().map(|part| {
            let bias = numbers.normals(part.to_f32().len() / inputs);
            (bias.clone(), Linear::with_method(vec![part.clone()], inputs, Some(bias), method))
        });
        let (bias, layers): (Vec<_>, Vec<_>) = layers.unzip();
        let together = Linear::with_method(parts.to_vec(), inputs, Some(bias.concat()), method);
        assert_eq!(together.outputs(), 54);
        let alone: Vec<Vec<f32>> = layers.iter().map(|layer| layer.apply(&x).expect("finite inputs")).collect();
        let rows = (0..7).flat_map(|row| {
            let of_row = |(out, layer): (&Vec<f32>, &Linear)| out[row * layer.outputs()..][..layer.outputs()].to_vec();
            alone.iter().zip(&layers).flat_map(of_row).collect::<Vec<f32>>()
        });
        assert_eq!(together.apply(&x).expect("finite inputs"), rows.collect::<Vec<f32>>(), "{method:?}");
        let mut added = vec![1.0; 7 * 54];
        together.forward(&x, &mut added, Then::Add).expect("finite inputs");
        let expected: Vec<f32> = together.apply(&x).expect("finite inputs").iter().map(|y| y + 1.0).collect();
        assert_eq!(added, expected, "{method:?}");
    }
}

#[test]
fn the_largest_sums_do_not_overflow() {
    for inputs in [1, 516, 517, 768, 3072, 4096, 16384, 65536] {
        for sign in [1i8, -1] {
            let weights =
                Weights::Int8 { values: vec![(127 * sign) as u8; 8 * inputs].into(), scales: vec![1.0 / 127.0; 8] };
            for x in [vec![1.0; inputs], vec![-1.0; inputs]] {
                for method in METHODS {
                    let found =
                        Linear::with_method(vec![weights.clone()], inputs, None, method).apply(&x).expect("finite")[0];
                    let exact = inputs as f32 * x[0] * f32::from(sign);
                    // Seven bits: 126 steps of 1 / 126.5.
                    let limit = match method {
                        Method::Digits(operand, Second::Largest) if inputs <= digits::MOST_INPUTS => {
                            0.5 / steps(operand) + 1e-5
                        }
                        _ => 1e-5,
                    };
                    assert!(
                        f64::from((found / exact - 1.0).abs()) < limit,
                        "{method:?}, {inputs}: {found}, exactly {exact}"
                    );
                }
            }
        }
    }
    for (inputs, sign) in [1, 63, 64, 65, 768, 3072].into_iter().flat_map(|inputs| [(inputs, 1.0), (inputs, -1.0)]) {
        let weights = Weights::F16(vec![half::f16::from_f32(sign); 8 * inputs]);
        let found = Linear::new(weights, inputs, None).apply(&vec![1.0; inputs]).expect("finite")[0];
        assert!((found / (inputs as f32 * sign) - 1.0).abs() < 1e-5, "f16, {inputs}: {found}");
    }
    // The rules behind it, at every size that a configuration may have.
    for inputs in 1..=65536u64 {
        assert!(wide::limit(inputs as usize) as u64 * 127 * inputs <= i32::MAX as u64, "{inputs}");
        if inputs as usize <= digits::MOST_INPUTS {
            for (operand, base) in [(Operand::Seven, 128), (Operand::Unsigned, 256)] {
                for second in [Second::Largest, Second::Every] {
                    let chosen = 4 * second.blocks(inputs.div_ceil(4) as usize) as u64;
                    let most = digits::most_steps(operand, inputs as usize, chosen as usize) as u64;
                    let plain = inputs.saturating_sub(chosen);
                    assert!(127 * ((base - 1) * plain + most * chosen) <= i32::MAX as u64, "{inputs}, {second:?}");
                    // What stands for 0 is added, and two digits hold the sum.
                    assert!(most + base - 1 < base * base / 2, "{inputs}, {second:?}");
                    assert!(second == Second::Every || most >= 8000, "{inputs}: {most}");
                }
            }
        }
    }
}

#[test]
fn nan_and_infinities_are_an_error_that_names_the_row() {
    let numbers = &mut Numbers(5);
    let weights = [numbers.int8(9, 31), Weights::F32(numbers.normals(9 * 31))];
    for (weights, method) in weights.iter().flat_map(|weights| METHODS.map(|method| (weights, method))) {
        let layer = Linear::with_method(vec![weights.clone()], 31, None, method);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for at in [0, 30, 31, 2 * 31 + 17] {
                let mut x = numbers.normals(3 * 31);
                x[at] = bad;
                assert_eq!(layer.apply(&x), Err(NonFinite { row: at / 31 }), "{bad} at {at}");
            }
        }
    }
}

#[test]
fn a_row_s_products_do_not_depend_on_the_rows_beside_it_in_sixteen_bits() {
    let numbers = &mut Numbers(6);
    let layer = Linear::with_method(vec![numbers.int8(40, 100)], 100, None, Method::Wide);
    let x = numbers.normals(23 * 100);
    let all = layer.apply(&x).expect("finite");
    for (row, expected) in x.chunks_exact(100).zip(all.chunks_exact(40)) {
        assert_eq!(layer.apply(row).expect("finite"), expected);
    }
}

#[test]
fn results_are_stored_or_added() {
    let numbers = &mut Numbers(7);
    let (inputs, outputs) = (20, 13);
    let layer = Linear::new(Weights::F32(numbers.normals(outputs * inputs)), inputs, Some(numbers.normals(outputs)));
    let x = numbers.normals(4 * inputs);
    let stored = layer.apply(&x).expect("finite");
    let before = numbers.normals(stored.len());
    let mut added = before.clone();
    layer.forward(&x, &mut added, Then::Add).expect("finite");
    for i in 0..stored.len() {
        assert_eq!(added[i], stored[i] + before[i]);
    }
}

#[test]
fn some_columns_are_those_of_the_whole() {
    let numbers = &mut Numbers(10);
    let (inputs, rows) = (24, 7);
    for outputs in [[5, 5, 5], [8, 8, 8], [24, 24, 24], [13, 16, 3]] {
        // As queries, keys and values of a pack's first layer are stored: a block of each kind.
        let halves = numbers.normals(outputs[0] * inputs).into_iter().map(half::f16::from_f32).collect();
        let bytes: Vec<u8> = (0..outputs[1] * inputs).map(|i| (i * 37 % 255) as u8).collect();
        let scales = numbers.normals(outputs[1]).iter().map(|x| x.abs()).collect();
        let weights = vec![
            Weights::F16(halves),
            Weights::Int8 { values: bytes.into(), scales },
            Weights::F32(numbers.normals(outputs[2] * inputs)),
        ];
        let all: usize = outputs.iter().sum();
        let layer = Linear::with_method(weights, inputs, Some(numbers.normals(all)), Method::Wide);
        let x = numbers.normals(rows * inputs);
        let whole = layer.apply(&x).expect("finite");
        for wanted in [0..0, 0..1, 0..outputs[0], outputs[0]..all, 3..all - 2, all - 1..all] {
            let mut some = vec![f32::NAN; rows * all];
            layer.forward_columns(&x, wanted.clone(), &mut some, Then::Store).expect("finite");
            for (some, whole) in some.chunks_exact(all).zip(whole.chunks_exact(all)) {
                assert_eq!(some[wanted.clone()], whole[wanted.clone()], "{outputs:?}, {wanted:?}");
                let others = some.iter().zip(whole).filter(|(some, _)| !some.is_nan());
                others.for_each(|(some, whole)| assert_eq!(some, whole, "{outputs:?}, {wanted:?}"));
            }
        }
    }
}

#[test]
fn attention_is_its_definition() {
    let numbers = &mut Numbers(8);
    for (tokens, heads, width) in [(1, 1, 3), (5, 2, 8), (50, 4, 64), (77, 4, 48), (13, 3, 36), (197, 2, 128)] {
        for causal in [false, true] {
            let qkv: Vec<f32> = (0..tokens * 3 * width).map(|_| 2.0 * numbers.normal()).collect();
            let mut found = vec![0.0; tokens * width];
            let attention = Attention { heads, width, causal };
            attention.forward(&qkv, &mut found);
            for (token, row) in found.chunks_exact(width).enumerate() {
                let mut alone = vec![0.0; width];
                attention.forward_one(&qkv, token, &mut alone);
                assert_eq!(alone, row, "{tokens} tokens, {heads} heads, causal {causal}: token {token} alone");
            }
            let d = width / heads;
            let at = |token: usize, part: usize, column: usize| f64::from(qkv[(token * 3 + part) * width + column]);
            for (i, &found) in found.iter().enumerate() {
                let (query, column) = (i / width, i % width);
                let first = column / d * d;
                let seen = if causal { query + 1 } else { tokens };
                let score = |key| {
                    (0..d).map(|k| at(query, 0, first + k) * at(key, 1, first + k)).sum::<f64>() / (d as f64).sqrt()
                };
                let shares: Vec<f64> = (0..seen).map(|key| score(key).exp()).collect();
                let total: f64 = shares.iter().sum();
                let exact: f64 = (0..seen).map(|key| shares[key] / total * at(key, 2, column)).sum();
                assert!(
                    (f64::from(found) - exact).abs() < 2e-5,
                    "{tokens} tokens, {heads} heads, causal {causal}: {found}, {exact}"
                );
            }
        }
    }
}

#[test]
fn layer_norm_is_its_definition_even_far_from_zero() {
    let numbers = &mut Numbers(9);
    for width in [1, 7, 64, 768, 1024] {
        for mean in [0.0, 1000.0] {
            let x: Vec<f32> = numbers.normals(3 * width).iter().map(|x| x + mean).collect();
            let norm = LayerNorm { weight: numbers.normals(width), bias: numbers.normals(width), epsilon: 1e-5 };
            for (x, found) in x.chunks_exact(width).zip(norm.normalized(&x).chunks_exact(width)) {
                let x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
                let mean = x.iter().sum::<f64>() / width as f64;
                let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width as f64;
                for (i, &found) in found.iter().enumerate() {
                    let exact =
                        (x[i] - mean) / (variance + 1e-5).sqrt() * f64::from(norm.weight[i]) + f64::from(norm.bias[i]);
                    // f32 near 1,000 has steps of 6e-5, and a mean of them is off by a few.
                    let limit = if mean > 500.0 { 2e-3 } else { 2e-5 };
                    assert!((f64::from(found) - exact).abs() < limit, "width {width}: {found}, exactly {exact}");
                }
            }
        }
    }
}
