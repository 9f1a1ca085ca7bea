//! The tokenizer against Hugging Face's `CLIPTokenizer`, on every case of the reference, and what it does differently.
//!
//! Golden: `tests/golden/tokenizer`. `clip_tokens.json` is from nstandif/clip-tokenizer-rs (MIT, noted in the file).

use std::sync::LazyLock;

use placelens::tokenizer::Tokenizer;
use serde_json::Value;

const CONTEXT: usize = 77;
const START: u32 = Tokenizer::START;
const END: u32 = Tokenizer::END;

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(Tokenizer::new);

/// The tokens of a text of any length, without start and end.
fn tokens(text: &str) -> Vec<u32> {
    let encoded = TOKENIZER.encode(text, 10_000_000);
    assert!(!encoded.cut);
    encoded.ids[1..encoded.ids.len() - 1].to_vec()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

#[test]
fn equals_hugging_face_on_every_case_but_literal_special_tokens() {
    let golden: Value = serde_json::from_str(include_str!("golden/tokenizer/hf_cases.json")).unwrap();
    let mut literal_cases = 0;
    for case in golden["cases"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        if text.contains("<|startoftext|>") || text.contains("<|endoftext|>") {
            literal_cases += 1;
            continue;
        }
        let untruncated = case["untruncated_length"].as_u64().unwrap() as usize;
        let encoded = TOKENIZER.encode(text, CONTEXT);
        assert_eq!(encoded.ids, ids(&case["ids"]), "{text:?}");
        assert_eq!(encoded.cut, untruncated > CONTEXT, "{text:?}");
        assert_eq!(encoded.dropped, untruncated.saturating_sub(CONTEXT), "{text:?}");
        assert_eq!(tokens(text).len() + 2, untruncated, "{text:?}");
    }
    assert_eq!(literal_cases, 1, "the one case with the allowed difference");
}

#[test]
fn equals_the_published_token_ids_of_every_fixture() {
    let golden: Value = serde_json::from_str(include_str!("golden/tokenizer/clip_tokens.json")).unwrap();
    let fixtures = golden["fixtures"].as_object().unwrap();
    assert_eq!(fixtures.len(), 75);
    for (text, expected) in fixtures {
        assert_eq!(tokens(text), ids(expected), "{text:?}");
    }
}

#[test]
fn equals_the_pipeline_of_tokenizer_json_on_random_texts() {
    let golden: Value = serde_json::from_str(include_str!("golden/tokenizer/random_texts.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 166);
    for case in cases {
        let text = case[0].as_str().unwrap();
        assert_eq!(tokens(text), ids(&case[1]), "{text:?}");
    }
}

#[test]
fn keeps_literal_special_tokens_as_text() {
    // Hugging Face gives the capital spellings these same ids, since only the exact spelling is special there.
    assert_eq!(tokens("<|startoftext|>"), [27, 347, 993, 6659, 4160, 91, 285]);
    assert_eq!(tokens("a<|endoftext|>b"), [320, 27, 347, 40786, 4160, 91, 285, 321]);
    assert_eq!(tokens("<|ENDOFTEXT|>"), [27, 347, 40786, 4160, 91, 285]);
    // Symbols behind the literal are a piece of their own: `!!!` is 995 alone.
    assert_eq!(tokens("<|ENDOFTEXT|>!!!"), [27, 347, 40786, 4160, 91, 285, 995]);
    // The spelling that the vocabulary crate takes for its tokens.
    assert_eq!(tokens("<start_of_text>"), [283, 1572, 318, 539, 318, 4160, 285]);
    let inside = ["<|startoftext|> <|endoftext|>", "<start_of_text><end_of_text>", "x<end_of_text>"];
    for text in inside {
        assert!(tokens(text).iter().all(|&id| id < START), "{text:?}");
    }
}

#[test]
fn lower_cases_character_by_character() {
    assert_eq!(tokens("ΟΔΟΣ"), tokens("οδοσ"), "a final sigma is a sigma");
    assert_ne!(tokens("ΟΔΟΣ"), tokens("οδος"));
    assert_eq!(tokens("İ"), tokens("i\u{307}"));
    assert_eq!(tokens("STRASSE"), tokens("strasse"));
    assert_ne!(tokens("ß"), tokens("ss"));
}

#[test]
fn composes_characters_before_anything_else() {
    assert_eq!(tokens("Cafe\u{301}"), tokens("Café"));
    assert_eq!(tokens("\u{1112}\u{1161}\u{11ab}"), tokens("한"));
    assert_eq!(tokens("\u{212b}"), tokens("å"), "the angstrom sign is a letter");
}

#[test]
fn white_space_of_any_kind_parts_words_and_leaves_nothing() {
    for space in [" ", "\t", "\n", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{2003}", "\u{2028}", "\u{3000}"] {
        assert_eq!(tokens(&format!("{space}palm{space}{space}tree{space}")), tokens("palm tree"), "{space:?}");
    }
    assert!(tokens("").is_empty());
    assert_eq!(TOKENIZER.encode(" \n ", CONTEXT).ids, [START, END]);
    assert_ne!(tokens("palm\u{200b}tree"), tokens("palm tree"), "a zero-width space is no white space");
}

#[test]
fn cuts_at_the_context_and_keeps_the_end_token() {
    let text = "palm ".repeat(100);
    for context in [2, 3, 16, 77, 101] {
        let encoded = TOKENIZER.encode(&text, context);
        assert_eq!(encoded.ids.len(), context);
        assert_eq!((encoded.ids[0], encoded.ids[context - 1]), (START, END));
        assert!(encoded.ids[1..context - 1].iter().all(|&id| id == 8612));
        assert_eq!((encoded.cut, encoded.dropped), (true, 102 - context));
    }
    let whole = TOKENIZER.encode(&text, 102);
    assert_eq!((whole.ids.len(), whole.cut, whole.dropped), (102, false, 0));
}

#[test]
fn pads_batches_with_the_end_token() {
    let texts = ["a", "", &"palm ".repeat(9)];
    let batch = TOKENIZER.encode_batch(&texts, 6);
    let expected = [
        [START, 320, END, END, END, END], //
        [START, END, END, END, END, END],
        [START, 8612, 8612, 8612, 8612, END],
    ];
    assert_eq!(batch.ids, expected.concat());
    assert_eq!(batch.cut, [false, false, true]);
    assert_eq!(TOKENIZER.encode_batch(&["a".to_owned()], 3).ids, [START, 320, END]);
    assert!(TOKENIZER.encode_batch::<&str>(&[], 77).ids.is_empty());
}

#[test]
fn very_long_texts_take_little_time() {
    // Byte pairs over all of it at once would take minutes in a test build.
    for unit in ["xqzj", "ha", "é", "🌴", "!?"] {
        let text = unit.repeat(100_000 / unit.len());
        let started = std::time::Instant::now();
        let encoded = TOKENIZER.encode(&text, CONTEXT);
        let start = TOKENIZER.encode(&unit.repeat(4_000 / unit.len()), CONTEXT);
        assert_eq!(encoded.ids, start.ids, "{unit:?}: the end of a text does not change its start");
        assert!(encoded.cut && encoded.dropped > 1_000);
        assert!(started.elapsed().as_secs() < 60, "{unit:?} took {:?}", started.elapsed());
    }
}

#[test]
fn every_id_is_in_the_vocabulary() {
    let everything: String = (1..0x3000).filter_map(char::from_u32).collect();
    let largest = tokens(&everything).into_iter().max().unwrap();
    assert!((largest as usize) < Tokenizer::VOCABULARY_SIZE && largest < START, "{largest}");
}
