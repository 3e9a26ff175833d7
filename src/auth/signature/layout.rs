use std::ops::RangeInclusive;

use super::{Candidates, Encoding};
use crate::Rejection;

/// How many signatures a header holds, and where in it they are.
#[derive(Clone, Debug)]
pub(in crate::auth) enum Layout {
    One,
    /// Several, separated by this. Those without the prefix are of versions that are not known here.
    List(u8),
    Pairs(Pairs),
}

/// `t=1700000000,v1=aa,v1=bb,v0=cc`: the time and the signatures are fields of one header.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Pairs {
    pub(super) separator: u8,
    pub(super) timestamp: Box<[u8]>,
    pub(super) signature: Box<[u8]>,
}

/// How the signatures are read out of their header.
#[derive(Clone, Debug)]
pub(in crate::auth) struct Signatures {
    pub(in crate::auth) layout: Layout,
    pub(in crate::auth) prefix: Box<[u8]>,
    pub(in crate::auth) encoding: Encoding,
    pub(in crate::auth) lengths: RangeInclusive<usize>,
}

impl Signatures {
    /// All signatures of a header, if each is well-formed; perhaps none.
    pub(in crate::auth) fn read(&self, value: &[u8]) -> Result<Candidates, Rejection> {
        let mut candidates = Candidates::none();
        let mut push = |text| candidates.push(text, self.encoding, &self.lengths);
        match &self.layout {
            Layout::One => push(value.strip_prefix(&*self.prefix).ok_or_else(Rejection::unauthenticated)?)?,
            Layout::List(separator) => {
                let entries = value.split(|byte| byte == separator);
                entries.filter_map(|entry| entry.strip_prefix(&*self.prefix)).try_for_each(push)?;
            }
            Layout::Pairs(pairs) => {
                for field in pairs.fields(value) {
                    let (name, text) = field?;
                    if name == &*pairs.signature {
                        push(text)?;
                    }
                }
            }
        }
        Ok(candidates)
    }

    /// The time, where it is in the same header.
    pub(super) fn timestamp<'a>(&self, value: &'a [u8]) -> Result<Option<&'a [u8]>, Rejection> {
        let Layout::Pairs(pairs) = &self.layout else {
            return Ok(None);
        };
        let mut found = None;
        for field in pairs.fields(value) {
            let (name, text) = field?;
            if name == &*pairs.timestamp && found.replace(text).is_some() {
                return Err(Rejection::unauthenticated());
            }
        }
        found.map(Some).ok_or_else(Rejection::unauthenticated)
    }
}

impl Pairs {
    fn fields<'a>(&self, value: &'a [u8]) -> impl Iterator<Item = Result<(&'a [u8], &'a [u8]), Rejection>> {
        value.split(|byte| *byte == self.separator).map(|field| {
            let equals = field.iter().position(|byte| *byte == b'=');
            let (name, text) =
                equals.and_then(|at| field.split_at_checked(at)).ok_or_else(Rejection::unauthenticated)?;
            Ok((name, text.strip_prefix(b"=").unwrap_or_default()))
        })
    }
}
