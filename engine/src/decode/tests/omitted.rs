//! What CloudTrail left out is unknown, and only that.

use serde_json::{Value, json};
use tripline_rules::field::{FieldId, Fields, Selector, Step};

use super::super::{Event, kept};

fn unknown(event: &Value, selectors: &[Selector]) -> Vec<bool> {
    let mut fields = Fields::new();
    let ids: Vec<FieldId> = selectors.iter().map(|selector| fields.intern(selector.clone())).collect();
    let unknown = |event: &Event<'_>| ids.iter().map(|id| event.slots.is_unknown(*id)).collect();
    kept(&event.to_string(), None, &fields, unknown).unwrap()
}

fn selectors() -> Vec<Selector> {
    let member = |name: &str| Step::Member(name.to_owned());
    vec![
        Selector::Sigma("requestParameters.policyDocument".to_owned()),
        Selector::Pattern(vec![member("requestParameters"), member("roleName")]),
        Selector::Sigma("requestParameters".to_owned()),
        Selector::Sigma("requestParameters.omitted".to_owned()),
        Selector::Sigma("responseElements.x".to_owned()),
        Selector::Sigma("eventName".to_owned()),
        Selector::Message,
    ]
}

fn event(parameters: &Value) -> Value {
    json!({
        "eventVersion": "1.08", "eventTime": "2026-01-02T03:04:05Z", "eventName": "PutRolePolicy", "eventID": "e",
        "requestParameters": parameters, "responseElements": {"omitted": false},
    })
}

#[test]
fn what_lies_below_an_omitted_member_is_unknown_and_nothing_else() {
    let omitted =
        event(&json!({"omitted": true, "reason": "requestParameters too large", "originalSize": 127_430}));
    assert_eq!(unknown(&omitted, &selectors()), [true, true, true, false, false, false, false]);
    for known in [
        json!({"omitted": "true"}),
        json!({"roleName": "omitted"}),
        json!({"x": {"omitted": true}}),
        Value::Null,
    ] {
        assert!(!unknown(&event(&known), &selectors()).contains(&true), "{known}");
    }
    let elsewhere = json!({"eventVersion": "1.08", "eventTime": "2026-01-02T03:04:05Z", "responseElements": {"omitted": true}});
    assert_eq!(unknown(&elsewhere, &selectors()), [false, false, false, false, true, false, false]);
}
