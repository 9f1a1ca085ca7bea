//! A region's name and description → the prompt that CLIP reads.
//!
//! In: a template with `{name}` and `{description}`.  Out: one line of text.
//! A region without a description must not end in a comma that leads nowhere: then brackets that held nothing but the
//! description go too, and of the separators (spaces, commas, dashes, colons) on its two sides the shorter run stays.
//!
//! Source: the experiment's prompt, `DEFAULT_TEMPLATE`. Proof: `tests/places/regions.rs`.

/// The experiment's prompt.
pub const DEFAULT_TEMPLATE: &str = "A street view photo from {name}, {description}";

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Name,
    Description,
    /// In braces, but neither of the two.
    Unknown(&'a str),
}

/// The first placeholder that is neither `{name}` nor `{description}`.
pub(super) fn unknown_placeholder(template: &str) -> Option<&str> {
    pieces(template).into_iter().find_map(|piece| match piece {
        Piece::Unknown(text) => Some(text),
        _ => None,
    })
}

/// Whether `template` has a place for the name, and one for the description.
pub(super) fn placeholders(template: &str) -> (bool, bool) {
    let pieces = pieces(template);
    (pieces.contains(&Piece::Name), pieces.contains(&Piece::Description))
}

/// `template` with both placeholders filled, each once: braces in a name or description stay as they are.
pub(super) fn prompt(template: &str, name: &str, description: &str) -> String {
    let (name, description) = (name.trim(), description.trim());
    let mut prompt = String::new();
    let mut after_nothing = None; // the separators before a description that is empty
    for piece in pieces(template) {
        let text = match piece {
            Piece::Text(text) | Piece::Unknown(text) => text,
            Piece::Name => name,
            Piece::Description => description,
        };
        if text.is_empty() && piece == Piece::Description {
            let start = prompt.trim_end_matches(is_separator).len();
            after_nothing = Some(prompt.split_off(start));
            continue;
        }
        let text = match after_nothing.take() {
            Some(before) if matches!(piece, Piece::Text(_)) => join(&mut prompt, before, text),
            Some(before) => {
                prompt.push_str(&before);
                text
            }
            None => text,
        };
        prompt.push_str(text);
    }
    prompt.trim().to_owned()
}

/// Ends `prompt` with what stays of the separators around an empty description; gives what is left of `after`.
fn join<'a>(prompt: &mut String, mut before: String, mut after: &'a str) -> &'a str {
    for (open, close) in [('(', ')'), ('[', ']')] {
        if before.is_empty() && prompt.ends_with(open) && after.starts_with(close) {
            prompt.pop();
            before = prompt.split_off(prompt.trim_end_matches(is_separator).len());
            after = &after[close.len_utf8()..];
        }
    }
    let rest = after.trim_start_matches(is_separator);
    let separators = &after[..after.len() - rest.len()];
    let shorter = if before.chars().count() < separators.chars().count() { &before } else { separators };
    if !prompt.is_empty() {
        prompt.push_str(shorter);
    }
    rest
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | ';' | ':' | '-' | '–' | '—' | '|')
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let end = rest[open..].find('}').map_or(rest.len(), |close| open + close + 1);
        if open > 0 {
            pieces.push(Piece::Text(&rest[..open]));
        }
        pieces.push(match &rest[open..end] {
            "{name}" => Piece::Name,
            "{description}" => Piece::Description,
            other => Piece::Unknown(other),
        });
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}
