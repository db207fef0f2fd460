//! Mutations as a fuzzer makes them, by a generator with a fixed seed.

/// Words of JSON, tokens and headers, which random bytes rarely form.
const WORDS: [&[u8]; 30] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"-1",
    b"1e9",
    b"1800000000",
    b"\\u0000",
    b"\\ud800",
    b"\"alg\":\"none\",",
    b"\"alg\":\"HS256\",",
    b"\"kid\":\"HS256\",",
    b"\"exp\":1800000300,",
    b"\"crit\":[],",
    b"\n",
    b" ",
    b"\t",
    b"\xff",
    b"@",
    b"Bearer ",
    b"session=",
    b"https://",
    b"http://127.0.0.1",
    b".",
];

pub struct Mutator<'s> {
    seeds: &'s [Vec<u8>],
    state: u64,
}

impl<'s> Mutator<'s> {
    pub const fn new(seeds: &'s [Vec<u8>]) -> Self {
        Self {
            seeds,
            state: 0x5eed,
        }
    }

    /// Returns the next number of `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// Returns the seed with one to four changes.
    pub fn mutate(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let index = self.below(bytes.len() + 1);
        match self.below(7) {
            0 if index < bytes.len() => bytes[index] ^= 1 << self.below(8),
            1 if index < bytes.len() => bytes[index] = self.next().to_le_bytes()[0],
            2 => drop(bytes.drain(index..(index + self.below(8)).min(bytes.len()))),
            3 => bytes.insert(index, self.next().to_le_bytes()[0]),
            4 => self.repeat(bytes, index),
            5 => self.splice(bytes, index),
            _ => {
                let word = WORDS[self.below(WORDS.len())];
                bytes.splice(index..index, word.iter().copied());
            }
        }
    }

    /// Inserts a copy of a part of the input.
    fn repeat(&mut self, bytes: &mut Vec<u8>, index: usize) {
        let start = self.below(bytes.len() + 1);
        let piece = bytes[start..(start + self.below(40)).min(bytes.len())].to_vec();
        bytes.splice(index..index, piece);
    }

    /// Replaces the end with the end of another seed.
    fn splice(&mut self, bytes: &mut Vec<u8>, index: usize) {
        let other = &self.seeds[self.below(self.seeds.len())];
        let start = self.below(other.len() + 1);
        bytes.truncate(index);
        bytes.extend_from_slice(&other[start..]);
    }
}
