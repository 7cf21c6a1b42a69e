//! Sound without a header: what the object's name, or its first bytes, said of it is all there is.

use policy::audio::{Audio, Codec, Container};

use crate::layout::{Layout, Wrap};
use crate::part::Timing;
use crate::refusal::CannotCut;
use crate::silence;
use crate::wav::{Format, tag};

/// GSM 06.10: frames of 33 bytes, 160 samples.
const GSM: (u64, u64) = (33, 160);
/// G.722: two samples in each byte.
const G722: (u64, u64) = (1, 2);
/// G.729: frames of 10 bytes, 80 samples.
const G729: (u64, u64) = (10, 80);

pub(crate) fn layout(audio: &Audio, size_bytes: u64) -> Result<Layout, CannotCut> {
    let rate_hertz = audio.sample_rate_hertz;
    let wav = |tag, bits| Wrap::Wav {
        format: Format::plain(tag, 1, rate_hertz, bits).written(),
        has_fact: tag != tag::PCM,
        samples: None,
    };
    // G.711 and linear samples get a header, so that anything plays them; their bytes stay.
    let ((unit_bytes, unit_samples), silence, wrap) = match (audio.container, audio.codec) {
        (Container::Gsm, _) => (GSM, Some(silence::gsm_frame()), Wrap::Bare),
        (Container::G722, _) => (G722, None, Wrap::Bare),
        (Container::Raw, Codec::Mulaw) => ((1, 1), Some(vec![silence::MULAW]), wav(tag::MULAW, 8)),
        (Container::Raw, Codec::Alaw) => ((1, 1), Some(vec![silence::ALAW]), wav(tag::ALAW, 8)),
        (Container::Raw, Codec::Pcm) => ((2, 1), Some(vec![0; 2]), wav(tag::PCM, 16)),
        (Container::Raw, Codec::G729) => (G729, None, Wrap::Bare),
        _ => return Err(CannotCut::Coding),
    };
    if rate_hertz == 0 {
        return Err(CannotCut::Damaged);
    }
    let timing = Timing { rate_hertz, unit_samples };
    Ok(Layout { data: 0..size_bytes - size_bytes % unit_bytes, unit_bytes, timing, silence, wrap })
}
