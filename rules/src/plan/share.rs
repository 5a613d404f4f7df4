//! How much of ordinary CloudTrail traffic passes a test, roughly: what makes one necessary predicate cheaper than another.
//!
//! Estimates from public figures of CloudTrail traffic. They decide how often a rule is evaluated, never whether it matches.

use crate::field::{Selector, Step};
use crate::predicate::Shape;

/// All traffic, in ten-thousandths.
pub(super) const ALL: u32 = 10_000;

/// The share of events that pass a test of this shape on this field, in ten-thousandths.
pub(super) fn of(selector: &Selector, shape: &Shape) -> u32 {
    let name = name(selector);
    let present = presence(&name);
    let passing = match shape {
        Shape::Equals(value) => equals(&name, value),
        Shape::Holds(_) => holds(&name),
        Shape::Node => present,
        Shape::Field => ALL,
    };
    passing.min(present)
}

/// The way to the field without what only arrays need.
fn name(selector: &Selector) -> String {
    match selector {
        Selector::Sigma(path) => path.clone(),
        Selector::Pattern(steps) => {
            let members = steps.iter().filter_map(|step| match step {
                Step::Member(name) => Some(name.as_str()),
                Step::AnyMember | Step::Index(_) | Step::AnyElement => None,
            });
            members.collect::<Vec<_>>().join(".")
        }
        Selector::Message => String::new(),
    }
}

/// The share of events that have the field at all.
fn presence(name: &str) -> u32 {
    match name.split_once('.') {
        Some(("requestParameters", _)) => 400,
        Some(("responseElements", _)) => 200,
        Some(("additionalEventData", _)) => 1_000,
        Some(("serviceEventDetails" | "insightDetails" | "tlsDetails" | "addendum", _)) => 50,
        Some(("resources", _)) => 2_000,
        Some(("userIdentity", rest)) if rest.starts_with("sessionContext") => 6_000,
        Some(("userIdentity", "invokedBy")) => 2_000,
        Some(("userIdentity", "userName")) => 3_000,
        None => match name {
            "errorCode" | "errorMessage" => 200,
            "vpcEndpointId" | "vpcEndpointAccountId" => 500,
            "sharedEventID" | "apiVersion" | "serviceEventDetails" | "edgeDeviceDetails" => 300,
            _ => ALL,
        },
        Some(_) => ALL,
    }
}

fn equals(name: &str, value: &str) -> u32 {
    match name {
        "eventName" => 100,
        "eventSource" => 800,
        "errorCode" | "errorMessage" => 100,
        "userIdentity.type" => match value.to_ascii_lowercase().as_str() {
            "assumedrole" => 6_000,
            "awsservice" | "iamuser" => 2_000,
            _ => 100,
        },
        "eventType" if !value.eq_ignore_ascii_case("AwsApiCall") => 100,
        "eventType" | "eventVersion" | "eventCategory" | "readOnly" | "managementEvent" => 9_000,
        "awsRegion" => 2_500,
        "recipientAccountId" | "userIdentity.accountId" => 500,
        _ => presence(name) / 20,
    }
}

fn holds(name: &str) -> u32 {
    match name {
        "eventName" => 500,
        "eventSource" => 1_000,
        "errorCode" | "errorMessage" => 150,
        _ => presence(name) / 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_selects_more_costs_less() {
        let share = |field: &str, shape: &Shape| of(&Selector::Sigma(field.to_owned()), shape);
        let text = |text: &str| Shape::Equals(text.to_owned());
        let name = share("eventName", &text("StopLogging"));
        assert!(name < share("eventSource", &text("cloudtrail.amazonaws.com")));
        assert!(share("userIdentity.type", &text("Root")) < share("userIdentity.type", &text("AssumedRole")));
        assert!(share("requestParameters.x", &Shape::Node) < share("userAgent", &Shape::Node));
        assert!(share("errorCode", &Shape::Node) < share("eventSource", &Shape::Holds("ec2".to_owned())));
        assert_eq!(share("errorCode", &Shape::Field), 200);
        assert_eq!(share("sourceIPAddress", &Shape::Field), ALL);
    }
}
