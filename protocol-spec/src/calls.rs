//! Calls: join, leave, signal, ICE servers. Rules.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::text::{DmId, Sealed, Signature, Text};

/// `join_call`: takes the caller's place in a DM's call for this device.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct JoinCall {
    /// The DM.
    pub id: DmId,
    /// How this device is to be reached in the call, 1 to 256 code points.
    pub uuid: Text,
}

/// Everyone in a call: username to uuid.
pub type InCall = BTreeMap<String, String>;

/// `leave_call`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct LeaveCall {
    /// The DM.
    pub id: DmId,
}

/// `call_signal` (*extension*): relayed to one member's device in the call, never stored.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, TS)]
pub struct CallSignal {
    /// The DM.
    pub id: DmId,
    /// Whose device in the call is meant.
    pub username: Text,
    /// A sealed envelope of kind 5, at most 16 KiB.
    pub data: Sealed,
    /// The caller's signature over it.
    pub signature: Signature,
}

/// `get_ice_servers` (*extension*): how peers find each other through this server's STUN and TURN.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema, TS)]
pub struct GetIceServers {}

/// One STUN or TURN server, in the form of WebRTC's `RTCIceServer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
pub struct IceServer {
    /// Its addresses.
    pub urls: Vec<String>,
    /// A name that ends with its time of expiry, for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    #[ts(optional)]
    pub username: Option<String>,
    /// The password that goes with it, valid for 10 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    #[ts(optional)]
    pub credential: Option<String>,
}
