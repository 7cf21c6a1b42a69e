//! The paths of a Rust file that stay in its crate.

use crate::tidy::source::{self, Kind};

/// A module of a crate, by its names from the root on.
pub(crate) type Module = Vec<String>;

/// As much of Rust's words as paths are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Name(String),
    /// `::`
    Path,
    Sign(char),
}

/// The words of a file, without comments and texts.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for piece in source::rust(source).into_iter().filter(|piece| piece.kind == Kind::Code) {
        let mut characters = piece.text.chars().peekable();
        while let Some(character) = characters.next() {
            if character.is_alphanumeric() || character == '_' {
                let mut name = String::from(character);
                while let Some(next) = characters.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    name.push(next);
                }
                found.push(Token::Name(name));
            } else if character == ':' && characters.next_if_eq(&':').is_some() {
                found.push(Token::Path);
            } else if !character.is_whitespace() {
                found.push(Token::Sign(character));
            }
        }
    }
    found
}

/// The modules that a file declares to lie in files of their own.
pub(crate) fn declared(tokens: &[Token]) -> Vec<String> {
    tokens
        .windows(3)
        .filter_map(|window| match window {
            [Token::Name(word), Token::Name(name), Token::Sign(';')] if word == "mod" => Some(name.clone()),
            _ => None,
        })
        .collect()
}

/// Every path of a file that stays in its crate, from the root on.
pub(crate) fn imported(tokens: &[Token], module: &[String]) -> Vec<Module> {
    let children = declared(tokens);
    let mut found = Vec::new();
    // The modules written into this one: how deep the braces are where each begins.
    let (mut inline, mut depth): (Vec<(String, usize)>, usize) = (Vec::new(), 0);
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at..] {
            [Token::Name(word), Token::Name(name), Token::Sign('{'), ..] if word == "mod" => {
                depth += 1;
                if name == "tests" {
                    at += skipped(&tokens[at..]);
                    depth -= 1;
                    continue;
                }
                inline.push((name.clone(), depth));
                at += 3;
                continue;
            }
            [Token::Sign('{'), ..] => depth += 1,
            [Token::Sign('}'), ..] => {
                if inline.last().is_some_and(|(_, begun)| *begun == depth) {
                    inline.pop();
                }
                depth = depth.saturating_sub(1);
            }
            // `pub(in crate::rulebook)` says who sees something, and imports nothing.
            [Token::Name(word), Token::Name(_), Token::Path, ..] if word == "in" => at += 1,
            [Token::Name(first), Token::Path, ..]
                if !matches!(at.checked_sub(1).map(|at| &tokens[at]), Some(Token::Path)) =>
            {
                let here: Module = module.iter().cloned().chain(inline.iter().map(|(name, _)| name.clone())).collect();
                let start = match first.as_str() {
                    "crate" => Some(Vec::new()),
                    "self" => Some(here),
                    "super" => Some(here[..here.len().saturating_sub(1)].to_vec()),
                    name if inline.is_empty() && children.iter().any(|child| child == name) => {
                        Some(module.iter().cloned().chain([name.to_owned()]).collect())
                    }
                    _ => None,
                };
                if let Some(start) = start {
                    paths(&tokens[at + 2..], start, &mut found);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// How many tokens a block with braces takes, from its beginning to its last brace.
fn skipped(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('{') => depth += 1,
            Token::Sign('}') if depth == 1 => return at + 1,
            Token::Sign('}') => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Follows a path behind its first `::`, through groups in braces. How many tokens it took.
fn paths(tokens: &[Token], mut path: Module, found: &mut Vec<Module>) -> usize {
    let mut at = 0;
    loop {
        match tokens.get(at) {
            Some(Token::Name(name)) => {
                match name.as_str() {
                    "super" => {
                        path.pop();
                    }
                    "self" => {}
                    name => path.push(name.to_owned()),
                }
                at += 1;
                if tokens.get(at) == Some(&Token::Path) {
                    at += 1;
                    continue;
                }
            }
            Some(Token::Sign('{')) => {
                at += 1;
                while at < tokens.len() && tokens[at] != Token::Sign('}') {
                    at += match tokens[at] {
                        Token::Name(_) => paths(&tokens[at..], path.clone(), found),
                        _ => 1,
                    };
                }
                return at + 1;
            }
            _ => {}
        }
        found.push(path);
        return at;
    }
}
