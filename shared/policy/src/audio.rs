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
    /// Matroska as browsers record it (`.webm`).
    Webm,
    /// Any other Matroska.
    Matroska,
    /// AAC frames one behind the other (`.aac`).
    Adts,
    /// AMR frames behind their mark (`.amr`, `.awb`).
    Amr,
    /// AIFF, and AIFF-C.
    Aiff,
    /// Sun's and `NeXT`'s `.au`, `.snd`.
    Au,
    /// GSM frames without a header (`.gsm`).
    Gsm,
    /// G.722 without a header (`.g722`).
    G722,
    /// Samples without a header, of the coding that the name's ending says (`.ulaw`, `.alaw`, `.sln`, `.g729`).
    Raw,
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
    /// G.729.
    G729,
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
    /// Speex.
    Speex,
    /// AMR, narrow band.
    Amr,
    /// AMR-WB, also known as G.722.2.
    AmrWideband,
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
    /// What can be played, in milliseconds, never 0: from what arrived, not from what a header claims.
    /// `None` where the bytes do not tell: samples of a coding we do not name, at a rate nobody gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_milliseconds: Option<u64>,
}

/// The wrapping and the coding: what decides who can play it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sound {
    /// The wrapping.
    pub container: Container,
    /// The coding.
    pub codec: Codec,
}

impl Audio {
    /// Its wrapping and coding.
    pub fn sound(&self) -> Sound {
        Sound { container: self.container, codec: self.codec }
    }

    /// As [`Sound::content_type`].
    pub fn content_type(&self) -> &'static str {
        self.sound().content_type()
    }

    /// As [`Sound::browser_plays`].
    pub fn browser_plays(&self) -> bool {
        self.sound().browser_plays()
    }

    /// The file name's ending that goes with [`Self::content_type`], without the dot.
    pub fn extension(&self) -> &'static str {
        self.sound().extension()
    }
}

impl Sound {
    /// The media type a browser is told, from a list of our own: never what an uploader claimed.
    pub fn content_type(self) -> &'static str {
        match self.container {
            Container::Wav => "audio/wav",
            Container::Mp3 => "audio/mpeg",
            Container::Flac => "audio/flac",
            Container::Mp4 => "audio/mp4",
            Container::Ogg => "audio/ogg",
            Container::Webm => "audio/webm",
            Container::Matroska => "audio/matroska",
            Container::Adts => "audio/aac",
            Container::Amr if self.codec == Codec::AmrWideband => "audio/amr-wb",
            Container::Amr => "audio/amr",
            Container::Aiff => "audio/aiff",
            Container::Au => "audio/basic",
            Container::Gsm => "audio/gsm",
            Container::G722 => "audio/g722",
            Container::Raw => match self.codec {
                // RFC 2046: µ-law, 8,000 samples a second, one channel, no header.
                Codec::Mulaw => "audio/basic",
                Codec::Alaw => "audio/x-alaw-basic",
                Codec::G729 => "audio/g729",
                _ => "application/octet-stream",
            },
        }
    }

    /// The file name's ending that goes with [`Self::content_type`], without the dot.
    pub fn extension(self) -> &'static str {
        match self.container {
            Container::Wav => "wav",
            Container::Mp3 => "mp3",
            Container::Flac => "flac",
            Container::Mp4 => "m4a",
            Container::Ogg => "ogg",
            Container::Webm => "webm",
            Container::Matroska => "mka",
            Container::Adts => "aac",
            Container::Amr if self.codec == Codec::AmrWideband => "awb",
            Container::Amr => "amr",
            Container::Aiff => "aiff",
            Container::Au => "au",
            Container::Gsm => "gsm",
            Container::G722 => "g722",
            Container::Raw => match self.codec {
                Codec::Mulaw => "ulaw",
                Codec::Alaw => "alaw",
                Codec::G729 => "g729",
                _ => "sln",
            },
        }
    }

    /// Whether Chrome, Firefox and Safari of today (2026) all play it in an `audio` element. Where one of
    /// them does not, the answer is no: a player that stays silent is worse than a download.
    ///
    /// Sources: MDN, "Media container formats" and "Web audio codec guide"; Ogg in Safari since 18.4 (its release
    /// notes). G.711 in WAV, which MDN leaves out: Chromium's `media/base/audio_codecs.h`, Firefox's
    /// `WaveDecoder` (format tags 1, 3, 6, 7 and extensible), Apple's "Core Audio Overview", appendix A.
    pub fn browser_plays(self) -> bool {
        matches!(
            (self.container, self.codec),
            (Container::Wav, Codec::Pcm | Codec::Alaw | Codec::Mulaw)
                | (Container::Mp3, Codec::Mp3)
                | (Container::Flac, Codec::Flac)
                | (Container::Mp4 | Container::Adts, Codec::Aac)
                | (Container::Ogg | Container::Webm, Codec::Opus | Codec::Vorbis)
        )
    }
}

/// The outcome of a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Audio that plays.
    Audio(Audio),
    /// A container without a millisecond of sound.
    NoAudio,
    /// Something else: a PDF, a text.
    NotAudio,
    /// No byte at all.
    Empty,
    /// Over the limit, so not read.
    TooLarge,
    /// S3 does not give its bytes: it is archived, or encrypted with the sender's key.
    Unreadable,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn audio(container: Container, codec: Codec) -> Audio {
        Audio { container, codec, channels: 1, sample_rate_hertz: 8000, duration_milliseconds: Some(1500) }
    }

    #[test]
    fn what_a_telephone_codes_is_not_what_a_browser_plays() {
        for (container, codec, plays) in [
            (Container::Wav, Codec::Pcm, true),
            (Container::Wav, Codec::Alaw, true),
            (Container::Wav, Codec::Mulaw, true),
            (Container::Wav, Codec::Gsm, false),
            (Container::Wav, Codec::G722, false),
            (Container::Wav, Codec::Adpcm, false),
            (Container::Wav, Codec::Mp3, false),
            (Container::Wav, Codec::Other, false),
            (Container::Mp3, Codec::Mp3, true),
            (Container::Flac, Codec::Flac, true),
            (Container::Mp4, Codec::Aac, true),
            (Container::Mp4, Codec::Alac, false),
            (Container::Mp4, Codec::Amr, false),
            (Container::Ogg, Codec::Opus, true),
            (Container::Ogg, Codec::Vorbis, true),
            (Container::Ogg, Codec::Speex, false),
            (Container::Webm, Codec::Opus, true),
            (Container::Matroska, Codec::Opus, false),
            (Container::Adts, Codec::Aac, true),
            (Container::Amr, Codec::Amr, false),
            (Container::Amr, Codec::AmrWideband, false),
            (Container::Aiff, Codec::Pcm, false),
            (Container::Au, Codec::Mulaw, false),
            (Container::Gsm, Codec::Gsm, false),
            (Container::G722, Codec::G722, false),
            (Container::Raw, Codec::Mulaw, false),
            (Container::Raw, Codec::Pcm, false),
        ] {
            assert_eq!(audio(container, codec).browser_plays(), plays, "{codec:?} in {container:?}");
        }
    }

    #[test]
    fn the_media_type_and_the_ending_follow_from_what_the_bytes_are() {
        for (container, codec, content_type, extension) in [
            (Container::Wav, Codec::Gsm, "audio/wav", "wav"),
            (Container::Amr, Codec::Amr, "audio/amr", "amr"),
            (Container::Amr, Codec::AmrWideband, "audio/amr-wb", "awb"),
            (Container::Webm, Codec::Opus, "audio/webm", "webm"),
            (Container::Gsm, Codec::Gsm, "audio/gsm", "gsm"),
            (Container::G722, Codec::G722, "audio/g722", "g722"),
            (Container::Raw, Codec::Mulaw, "audio/basic", "ulaw"),
            (Container::Raw, Codec::Alaw, "audio/x-alaw-basic", "alaw"),
            (Container::Raw, Codec::G729, "audio/g729", "g729"),
            (Container::Raw, Codec::Pcm, "application/octet-stream", "sln"),
        ] {
            let audio = audio(container, codec);
            assert_eq!((audio.content_type(), audio.extension()), (content_type, extension));
        }
    }

    #[test]
    fn a_stored_probe_reads_with_its_length_as_a_number_and_without_one() {
        let mut stored = json!({
            "audio": {
                "container": "wav", "codec": "pcm", "channels": 1, "sample_rate_hertz": 8000, "duration_milliseconds": 1500
            }
        });
        let mut expected = audio(Container::Wav, Codec::Pcm);
        assert_eq!(serde_json::to_value(Probe::Audio(expected.clone())).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Probe>(stored.clone()).unwrap(), Probe::Audio(expected.clone()));
        stored["audio"].as_object_mut().unwrap().remove("duration_milliseconds");
        expected.duration_milliseconds = None;
        assert_eq!(serde_json::to_value(Probe::Audio(expected.clone())).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Probe>(stored).unwrap(), Probe::Audio(expected));
    }
}
