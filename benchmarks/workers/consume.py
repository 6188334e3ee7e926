"""Consumes a topic by librdkafka and throws it away: ``consume.py BOOTSTRAP TOPIC FROM``.

``FROM`` is JSON, the first offset of each partition. Prints seconds, messages, bytes and where the partitions end.
"""

import json
import sys
import time

from confluent_kafka import Consumer, TopicPartition

AT_ONCE = 500
"""Messages per call: 50,000 take the client's Python thread more than twice as long, searching them for cycles."""


def main(bootstrap: str, topic: str, begin: dict[str, int]) -> None:
    """From connecting to the last message that was there at the start."""
    started = time.perf_counter()
    settings = {"bootstrap.servers": bootstrap, "group.id": "floor", "enable.auto.commit": False}
    consumer = Consumer({**settings, "fetch.queue.backoff.ms": 10, "queued.max.messages.kbytes": 65_536})
    partitions = list(consumer.list_topics(topic, 10).topics[topic].partitions)
    ends = {str(one): consumer.get_watermark_offsets(TopicPartition(topic, one), 10)[1] for one in partitions}
    consumer.assign([TopicPartition(topic, one, begin.get(str(one), 0)) for one in partitions])
    missing = sum(end - begin.get(one, 0) for one, end in ends.items())
    count = size = 0
    while count < missing:
        for message in consumer.consume(min(missing - count, AT_ONCE), 1.0):
            count += 1
            size += len(message.value() or b"")
    print(json.dumps({"seconds": time.perf_counter() - started, "count": count, "bytes": size, "ends": ends}))
    consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
