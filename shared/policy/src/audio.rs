//! What the bytes of an object turned out to be.

use serde::{Deserialize, Serialize};

/// How the audio is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Container {
    /// RIFF WAVE.
    Wav,
    /// MPEG audio frames, with or without an `ID3` tag.
    Mp3,
    /// Native FLAC.
    Flac,
    /// ISO base media: `.m4a`, `.mp4`.
    Mp4,
    /// Ogg.
    Ogg,
}

/// How the samples are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// Linear PCM, integer or float.
    Pcm,
    /// G.711 A-law.
    Alaw,
    /// G.711 µ-law.
    Mulaw,
    /// GSM 06.10 full rate.
    Gsm,
    /// G.722.
    G722,
    /// IMA or Microsoft ADPCM.
    Adpcm,
    /// MPEG layer III.
    Mp3,
    /// FLAC.
    Flac,
    /// AAC.
    Aac,
    /// Apple lossless.
    Alac,
    /// Opus.
    Opus,
    /// Vorbis.
    Vorbis,
    /// Audio in a known container, in a coding we do not name.
    Other,
}

/// What a probe of an object's bytes found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audio {
    /// The wrapping.
    pub container: Container,
    /// The coding.
    pub codec: Codec,
    /// 1 mono, 2 stereo.
    pub channels: u16,
    /// Samples a second and channel.
    pub sample_rate_hertz: u32,
    /// What can be played, in milliseconds: from what arrived, not from what a header claims.
    pub duration_milliseconds: u64,
}

impl Audio {
    /// The media type a browser is told, from a list of our own: never what an uploader claimed.
    pub fn content_type(&self) -> &'static str {
        match self.container {
            Container::Wav => "audio/wav",
            Container::Mp3 => "audio/mpeg",
            Container::Flac => "audio/flac",
            Container::Mp4 => "audio/mp4",
            Container::Ogg => "audio/ogg",
        }
    }

    /// The file name's ending that goes with [`Self::content_type`], without the dot.
    pub fn extension(&self) -> &'static str {
        match self.container {
            Container::Wav => "wav",
            Container::Mp3 => "mp3",
            Container::Flac => "flac",
            Container::Mp4 => "m4a",
            Container::Ogg => "ogg",
        }
    }
}

/// The outcome of a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Audio that plays.
    Audio(Audio),
    /// A container without a single sample.
    NoAudio,
    /// Something else: a PDF, a text.
    NotAudio,
    /// No byte at all.
    Empty,
    /// Over the limit, so not read.
    TooLarge,
}
