//! What a format's reader answers at the end.

use super::bytes::scale;
use policy::audio::{Audio, Codec, Container, Probe};

/// The outcome for `samples` a channel that can be played.
pub(super) fn audio(container: Container, codec: Codec, channels: u16, sample_rate_hertz: u32, samples: u64) -> Probe {
    let audio = Audio { container, codec, channels, sample_rate_hertz, duration_milliseconds: None };
    audio_in_units(audio, samples, u64::from(sample_rate_hertz))
}

/// The outcome for `units` that can be played, where time is counted in other units than samples.
pub(super) fn audio_in_units(mut audio: Audio, units: u64, units_a_second: u64) -> Probe {
    if audio.channels == 0 || audio.sample_rate_hertz == 0 {
        return Probe::NotAudio;
    }
    // Less than a millisecond is nothing to play.
    match scale(units, 1000, units_a_second) {
        0 => Probe::NoAudio,
        milliseconds => {
            audio.duration_milliseconds = Some(milliseconds);
            Probe::Audio(audio)
        }
    }
}

/// The outcome for samples of a coding we do not name, whose length is unknown.
pub(super) fn audio_of_unknown_length(
    container: Container,
    codec: Codec,
    channels: u16,
    sample_rate_hertz: u32,
) -> Probe {
    if channels == 0 || sample_rate_hertz == 0 {
        return Probe::NotAudio;
    }
    Probe::Audio(Audio { container, codec, channels, sample_rate_hertz, duration_milliseconds: None })
}
