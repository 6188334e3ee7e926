import json

import pytest
from confluent_kafka import Consumer, TopicPartition

from gateway.demo import kafka
from gateway.demo.data import make_data


def test_the_embedded_broker_gives_back_every_play_in_order_of_time_within_a_partition() -> None:
    plays = make_data(0.002).plays
    with kafka.embedded_broker() as bootstrap:
        kafka.load_plays(bootstrap, plays)
        consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "enable.auto.commit": False})
        consumer.assign([TopicPartition(kafka.TOPIC, 1, 0)])
        messages = consumer.consume(500, timeout=20)
        consumer.close()
    identities = [json.loads(message.value())["play_id"] for message in messages]
    assert identities == list(range(2, 2_001, 4))


def test_plays_that_the_broker_did_not_keep_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "_held", lambda bootstrap: 1_999)
    with kafka.embedded_broker() as bootstrap, pytest.raises(kafka.TopicIncomplete, match=r"1,999 of 2,000"):
        kafka.load_plays(bootstrap, make_data(0.002).plays)
