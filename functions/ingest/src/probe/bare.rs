//! Sound without a container and without a mark of its own: MPEG audio, AAC, GSM, G.722. All readers are fed
//! side by side; all but the right one give up within the first few bytes.

use super::adts::Adts;
use super::g722::G722;
use super::gsm::Gsm;
use super::mp3::Mp3;
use policy::audio::Probe;

/// Waits for one of them to be sure.
#[derive(Clone, Debug)]
pub(super) struct Bare {
    mp3: Mp3,
    adts: Adts,
    gsm: Gsm,
    g722: G722,
}

/// Whether an object that begins so may be bare sound without a tag: not text, and neither a zip nor another
/// kind of RIFF, which may hold whole recordings as they were.
pub(super) fn may_begin(mark: &[u8]) -> bool {
    let text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..0x7F);
    !mark.starts_with(b"PK") && !mark.starts_with(b"RIFF") && !mark.iter().take(8).all(text)
}

impl Bare {
    /// Begins at the first byte behind any tag.
    pub(super) const fn new() -> Self {
        Self { mp3: Mp3::new(), adts: Adts::new(), gsm: Gsm::new(), g722: G722::new() }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.mp3.feed(chunk);
        self.adts.feed(chunk);
        self.gsm.feed(chunk);
        self.g722.feed(chunk);
    }

    /// Only MPEG audio may begin after a few other bytes, so where no reader is sure, its refusal decides.
    pub(super) fn finish(self) -> Probe {
        match self.mp3.finish() {
            Probe::Audio(audio) => Probe::Audio(audio),
            refusal => {
                self.adts.finish().or_else(|| self.gsm.finish()).or_else(|| self.g722.finish()).unwrap_or(refusal)
            }
        }
    }
}
