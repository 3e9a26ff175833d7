//! Writes a source file with many mutants in it.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use proc_macro2::Span;
use syn::{
    BinOp, Block, Expr, ExprBinary, ExprMatch, ExprStruct, ExprUnary, Ident, ReturnType, Signature, Type,
    spanned::Spanned,
    visit::{self, Visit},
};

use crate::listed::Mutant;

enum Piece {
    Text(String),
    /// A part of the original, in which other mutants may be.
    Source(Range<usize>),
    /// Text that stands there for one mutant alone.
    Of(usize, Vec<Piece>),
}

use Piece::{Of, Source, Text};

struct Rewrite {
    range: Range<usize>,
    pieces: Vec<Piece>,
}

/// Where the text of a mutant, or the whole of a rewrite with several, stands in the new file.
pub struct Mark {
    pub range: Range<usize>,
    pub mutants: Vec<usize>,
    pub alone: bool,
}

pub struct Written {
    pub text: String,
    pub marks: Vec<Mark>,
    pub placed: BTreeSet<usize>,
}

/// The file with the mutants of `wanted`. `placed` are those that it could express.
pub fn write(source: &str, all: &[Mutant], wanted: &[usize]) -> Written {
    let file = syn::parse_file(source).expect("the library compiles");
    let lines: Vec<usize> = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut at: HashMap<usize, Vec<usize>> = HashMap::new();
    for &mutant in wanted {
        let Mutant { line, column, .. } = all[mutant];
        let start = lines[line - 1];
        let within = source[start..].char_indices().nth(column - 1).expect("a column").0;
        at.entry(start + within).or_default().push(mutant);
    }
    let mut finder = Finder { source, all, at, rewrites: Vec::new(), constants: HashMap::new(), paths: Vec::new() };
    finder.visit_file(&file);
    finder.uses_of_constants();
    let mut rewrites = finder.rewrites;
    // The outer ones first. The order of the visit decides between equals.
    rewrites.sort_by_key(|rewrite| (rewrite.range.start, usize::MAX - rewrite.range.end));
    let mut written = Written { text: String::new(), marks: Vec::new(), placed: BTreeSet::new() };
    render(source, 0..source.len(), &rewrites, 0, &mut written);
    written
}

/// Copies the range. Of the rewrites inside it counts only those from `first` on; those before are around it.
fn render(source: &str, range: Range<usize>, rewrites: &[Rewrite], first: usize, written: &mut Written) {
    let mut from = range.start;
    for (index, rewrite) in rewrites.iter().enumerate().skip(first) {
        if rewrite.range.start < from || rewrite.range.end > range.end {
            continue;
        }
        written.text.push_str(&source[from..rewrite.range.start]);
        let start = written.text.len();
        let before = written.marks.len();
        render_pieces(source, &rewrite.pieces, rewrites, index + 1, written);
        let mutants = mutants(&rewrite.pieces);
        written.placed.extend(&mutants);
        // Before those inside, so that the last mark around a place is the nearest.
        let mark = Mark { range: start..written.text.len(), mutants, alone: false };
        written.marks.insert(before, mark);
        from = rewrite.range.end;
    }
    written.text.push_str(&source[from..range.end]);
}

fn render_pieces(source: &str, pieces: &[Piece], rewrites: &[Rewrite], first: usize, written: &mut Written) {
    for piece in pieces {
        match piece {
            Text(text) => written.text.push_str(text),
            Source(range) => render(source, range.clone(), rewrites, first, written),
            Of(_, pieces) if pieces.is_empty() => {}
            Of(mutant, pieces) => {
                let start = written.text.len();
                let before = written.marks.len();
                render_pieces(source, pieces, rewrites, first, written);
                let mark = Mark { range: start..written.text.len(), mutants: vec![*mutant], alone: true };
                written.marks.insert(before, mark);
            }
        }
    }
}

fn mutants(pieces: &[Piece]) -> Vec<usize> {
    pieces.iter().filter_map(|piece| if let Of(mutant, _) = piece { Some(*mutant) } else { None }).collect()
}

fn text(text: impl Into<String>) -> Piece {
    Text(text.into())
}

fn active(mutant: usize) -> String {
    format!("crate::mutant::active({mutant})")
}

struct Finder<'a> {
    source: &'a str,
    all: &'a [Mutant],
    /// By the place where cargo-mutants says that they begin.
    at: HashMap<usize, Vec<usize>>,
    rewrites: Vec<Rewrite>,
    /// Those that have mutants, and the paths that may be names of them.
    constants: HashMap<String, Vec<usize>>,
    paths: Vec<(String, Range<usize>)>,
}

impl Finder<'_> {
    fn here(&self, span: Span, genre: &str) -> Vec<usize> {
        let mutants = self.at.get(&span.byte_range().start).into_iter().flatten().copied();
        mutants.filter(|&mutant| self.all[mutant].genre == genre).collect()
    }

    fn rewrite(&mut self, range: Range<usize>, pieces: Vec<Piece>) {
        self.rewrites.push(Rewrite { range, pieces });
    }

    fn function(&mut self, signature: &Signature, block: &Block) {
        let Some(first) = block.stmts.first() else { return };
        let mutants = self.here(first.span(), "FnValue");
        if mutants.is_empty() || signature.constness.is_some() {
            return;
        }
        if matches!(&signature.output, ReturnType::Type(_, of) if matches!(**of, Type::ImplTrait(_))) {
            return self.iterator(block, &mutants);
        }
        let start = block.brace_token.span.open().byte_range().end;
        let pieces = mutants.into_iter().map(|mutant| {
            let (active, value) = (active(mutant), &self.all[mutant].replacement);
            Of(mutant, vec![text(format!(" if {active} {{ return {value}; }}"))])
        });
        let pieces = pieces.collect();
        self.rewrite(start..start, pieces);
    }

    /// An `impl Iterator` is one type, so a mutant cannot return another: it takes nothing of the original.
    fn iterator(&mut self, block: &Block, mutants: &[usize]) {
        let body = block.span().byte_range();
        let any = mutants.iter().map(|&mutant| active(mutant)).collect::<Vec<_>>().join(" || ");
        let mut pieces = vec![text("{ ::std::iter::Iterator::take("), Source(body.clone())];
        pieces.push(text(format!(", if {any} {{ 0 }} else {{ usize::MAX }})")));
        for &mutant in mutants {
            let value = self.all[mutant].replacement.strip_prefix("::std::iter::");
            let Some(value) = value else { return };
            let piece = if value == "empty()" {
                String::new()
            } else if let Some(value) = value.strip_prefix("once(").and_then(|value| value.strip_suffix(')')) {
                format!(".chain(if {} {{ Some({value}) }} else {{ None }})", active(mutant))
            } else {
                return;
            };
            pieces.push(Of(mutant, vec![text(piece)]));
        }
        pieces.push(text(" }"));
        self.rewrite(body, pieces);
    }

    /// The original, or a mutant if one is on.
    fn choice(&self, mutants: &[usize], changed: impl Fn(&str) -> Vec<Piece>, original: &str) -> Vec<Piece> {
        let none = mutants.iter().map(|&mutant| format!("!{}", active(mutant))).collect::<Vec<_>>().join(" && ");
        // First, so that the compiler complains about the others if the types disagree.
        let mut pieces = vec![text(format!("if {none} {{ "))];
        pieces.extend(changed(original));
        for (index, &mutant) in mutants.iter().enumerate() {
            let last = index + 1 == mutants.len();
            pieces.push(text(if last {
                " } else { ".to_owned()
            } else {
                format!(" }} else if {} {{ ", active(mutant))
            }));
            pieces.push(Of(mutant, changed(&self.all[mutant].replacement)));
        }
        pieces.push(text(" }"));
        pieces
    }

    fn binary(&mut self, node: &ExprBinary) {
        let mutants = self.here(node.op.span(), "BinaryOperator");
        let Some(&first) = mutants.first() else { return };
        let (left, right) = (node.left.span().byte_range(), node.right.span().byte_range());
        let active = active(first);
        let original = &self.source[node.op.span().byte_range()];
        // Each operand stands there once, so that nested mutants do not multiply.
        let mut pieces = Vec::new();
        match node.op {
            BinOp::And(_) | BinOp::Or(_) => {
                let wanted = if matches!(node.op, BinOp::And(_)) { "!=" } else { "==" };
                pieces.extend([text("({ let mutant_left: bool = "), Source(left)]);
                pieces.extend([
                    text(format!("; if mutant_left {wanted} ")),
                    Of(first, vec![text(active)]),
                    text(" { "),
                ]);
                pieces.extend([Source(right), text(" } else { mutant_left } })")]);
            }
            BinOp::Eq(_) | BinOp::Ne(_) => {
                pieces.extend([text("(("), Source(left), text(format!(" {original} ")), Source(right), text(") != ")]);
                pieces.extend([Of(first, vec![text(active)]), text(")")]);
            }
            _ if original.ends_with('=') && original.len() > 1 && !matches!(node.op, BinOp::Le(_) | BinOp::Ge(_)) => {
                pieces.extend([text("match ("), Source(right), text(") { mutant_right => ")]);
                let changed = |operator: &str| vec![Source(left.clone()), text(format!(" {operator} mutant_right"))];
                pieces.extend(self.choice(&mutants, changed, original));
                pieces.push(text(" }"));
            }
            _ => {
                // A comparison borrows its operands, arithmetic takes them.
                let compares = matches!(node.op, BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_));
                let borrow = if compares { "&" } else { "" };
                pieces.extend([text(format!("(match ({borrow}(")), Source(left), text(format!("), {borrow}("))]);
                pieces.extend([Source(right), text(")) { (mutant_left, mutant_right) => ")]);
                let changed = |operator: &str| vec![text(format!("mutant_left {operator} mutant_right"))];
                pieces.extend(self.choice(&mutants, changed, original));
                pieces.push(text(" })"));
            }
        }
        self.rewrite(node.span().byte_range(), pieces);
    }

    fn unary(&mut self, node: &ExprUnary) {
        let Some(&mutant) = self.here(node.op.span(), "UnaryOperator").first() else { return };
        let operator = &self.source[node.op.span().byte_range()];
        let pieces = vec![
            text("(match ("),
            Source(node.expr.span().byte_range()),
            text(format!(") {{ mutant_right => if !{} {{ {operator} mutant_right }} else {{ ", active(mutant))),
            Of(mutant, vec![text("mutant_right")]),
            text(" } })"),
        ];
        self.rewrite(node.span().byte_range(), pieces);
    }

    fn arms(&mut self, node: &ExprMatch) {
        // A match that lacks an arm now is an error at its head.
        let head = node.expr.span().byte_range();
        let deleted = node.arms.iter().flat_map(|arm| self.here(arm.span(), "MatchArm"));
        let deleted: Vec<Piece> = deleted.map(|mutant| Of(mutant, Vec::new())).collect();
        if !deleted.is_empty() {
            self.rewrite(head.clone(), std::iter::once(Source(head)).chain(deleted).collect());
        }
        for arm in &node.arms {
            let deleted = self.here(arm.span(), "MatchArm").first().copied();
            let Some((_, guard)) = &arm.guard else {
                if let Some(mutant) = deleted {
                    let end = arm.pat.span().byte_range().end;
                    self.rewrite(end..end, vec![Of(mutant, vec![text(format!(" if !{}", active(mutant)))])]);
                }
                continue;
            };
            let mut pieces = Vec::new();
            if let Some(mutant) = deleted {
                pieces.extend([Of(mutant, vec![text(format!("!{}", active(mutant)))]), text(" && ")]);
            }
            let guards = self.here(guard.span(), "MatchArmGuard");
            pieces.push(text("("));
            for &mutant in &guards {
                let (active, value) = (active(mutant), &self.all[mutant].replacement);
                pieces.extend([text(format!("if {active} {{ ")), Of(mutant, vec![text(value)]), text(" } else ")]);
            }
            pieces.extend([text("{ "), Source(guard.span().byte_range()), text(" })")]);
            if deleted.is_some() || !guards.is_empty() {
                self.rewrite(guard.span().byte_range(), pieces);
            }
        }
    }

    fn fields(&mut self, node: &ExprStruct) {
        let Some(rest) = &node.rest else { return };
        let (whole, rest) = (node.span().byte_range(), rest.span().byte_range());
        let mut any = Vec::new();
        for field in &node.fields {
            let Some(&mutant) = self.here(field.span(), "StructField").first() else { continue };
            any.push(Of(mutant, Vec::new()));
            let name = &self.source[field.member.span().byte_range()];
            let pieces = vec![
                text(format!("{name}: if {} {{ ", active(mutant))),
                Of(mutant, vec![text(format!("mutant_rest.{name}"))]),
                text(" } else { "),
                Source(field.expr.span().byte_range()),
                text(" }"),
            ];
            self.rewrite(field.span().byte_range(), pieces);
        }
        if !any.is_empty() {
            // The rest is made once, and a field comes from it or not.
            let mut pieces = vec![text("(match ("), Source(rest.clone()), text(") { mutant_rest => ")];
            pieces.extend([
                Source(whole.start..rest.start),
                text("mutant_rest"),
                Source(rest.end..whole.end),
                text(" })"),
            ]);
            pieces.extend(any);
            self.rewrite(whole, pieces);
        }
    }
}

impl Finder<'_> {
    /// Adds a function that returns the constant or a mutant of it, for the places that need no constant.
    fn constant(&mut self, item: Span, name: &Ident, of: &Type, value: &Expr) {
        let (whole, value) = (item.byte_range(), value.span().byte_range());
        let mutants = self.at.iter().filter(|(place, _)| value.contains(place)).flat_map(|(_, mutants)| mutants);
        let mutants: Vec<usize> = mutants.copied().collect();
        if mutants.is_empty() {
            return;
        }
        let (original, of) = (&self.source[whole.clone()], &self.source[of.span().byte_range()]);
        let pieces = vec![text(format!("{original} fn {name}_mutant() -> {of} {{ ")), Source(value), text(" }")];
        self.rewrite(whole, pieces);
        self.constants.insert(name.to_string(), mutants);
    }

    fn uses_of_constants(&mut self) {
        for (name, range) in std::mem::take(&mut self.paths) {
            let Some(mutants) = self.constants.get(&name) else { continue };
            // It may be in a place that needs a constant.
            let blamed = mutants.iter().map(|&mutant| Of(mutant, Vec::new()));
            let used = text(format!("{}_mutant()", &self.source[range.clone()]));
            let pieces = std::iter::once(used).chain(blamed).collect();
            self.rewrite(range, pieces);
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, node: &'ast syn::ItemFn) {
        self.function(&node.sig, &node.block);
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast syn::ImplItemFn) {
        self.function(&node.sig, &node.block);
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast syn::TraitItemFn) {
        if let Some(block) = &node.default {
            self.function(&node.sig, block);
        }
        visit::visit_trait_item_fn(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        self.binary(node);
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast ExprUnary) {
        self.unary(node);
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_match(&mut self, node: &'ast ExprMatch) {
        self.arms(node);
        visit::visit_expr_match(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast ExprStruct) {
        self.fields(node);
        visit::visit_expr_struct(self, node);
    }

    fn visit_item_const(&mut self, node: &'ast syn::ItemConst) {
        self.constant(node.span(), &node.ident, &node.ty, &node.expr);
        if self.constants.contains_key(&node.ident.to_string()) {
            self.visit_expr(&node.expr);
        }
    }

    fn visit_impl_item_const(&mut self, node: &'ast syn::ImplItemConst) {
        self.constant(node.span(), &node.ident, &node.ty, &node.expr);
        if self.constants.contains_key(&node.ident.to_string()) {
            self.visit_expr(&node.expr);
        }
    }

    fn visit_expr_path(&mut self, node: &'ast syn::ExprPath) {
        if let Some(last) = node.path.segments.last() {
            self.paths.push((last.ident.to_string(), node.span().byte_range()));
        }
    }

    // What the compiler computes cannot ask the environment, but a closure can.
    fn visit_item_static(&mut self, node: &'ast syn::ItemStatic) {
        if let Expr::Call(call) = &*node.expr {
            call.args
                .iter()
                .filter(|argument| matches!(argument, Expr::Closure(_)))
                .for_each(|closure| self.visit_expr(closure));
        }
    }

    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_type_array(&mut self, _: &'ast syn::TypeArray) {}
    fn visit_expr_repeat(&mut self, node: &'ast syn::ExprRepeat) {
        self.visit_expr(&node.expr);
    }
}
