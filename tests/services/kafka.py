"""A real Apache Kafka broker in KRaft mode: broker and controller in one JVM, on loopback ports."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.services import free_port, java

POM = Path(__file__).with_name("kafka") / "pom.xml"
LIB = Path(__file__).parents[2] / ".services" / "kafka" / "lib"
CLUSTER = "aGVhZGdhdGUtdGVzdHMtMQ"
USERS = {"reader": "reader-secret", "stranger": "stranger-secret"}
HEAP = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
START_LIMIT = 60.0


def install() -> None:
    """Fetch the broker's jars once; raises Missing when Java or Maven cannot be had."""
    if missing() is None:
        return
    java.copy_jars(POM, "copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={LIB}")


def missing() -> str | None:
    """Why a broker cannot start here, or None when it can."""
    if not shutil.which("java"):
        return "java is not installed"
    if not list(LIB.glob("kafka_*.jar")):
        return "the broker's jars are not fetched; run `python -m tests.services.install`"
    return None


class Server:
    """One running broker. ``bootstrap`` takes anyone; ``sasl_bootstrap`` asks for one of USERS (SASL PLAIN)."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._plain, self._sasl, self._controller = free_port(), free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{self._plain}"
        self.sasl_bootstrap = f"127.0.0.1:{self._sasl}"
        self._properties = directory / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(self._settings())
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(self._properties)]
        subprocess.run(_java(*tool), check=True, capture_output=True, timeout=START_LIMIT)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with (self._directory / "broker.log").open("ab") as log:
            command = _java("kafka.Kafka", str(self._properties))
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        deadline = time.monotonic() + START_LIMIT
        admin = self.admin()
        while not _answers(admin):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError("the broker did not start:\n" + (self._directory / "broker.log").read_text()[-2000:])

    def stop(self) -> None:
        """Ask the broker to end, and make it end when it does not."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the broker at once, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def restart(self) -> None:
        """Start again on the same ports with the same data, after stopping if needed."""
        self.stop()
        self.start()

    def admin(self) -> AdminClient:
        """A client for tests; quiet, because it also waits for brokers that are down."""
        settings = {"bootstrap.servers": self.bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 200}
        return AdminClient(settings)

    def create_topic(self, name: str, partitions: int = 1, config: dict[str, str] | None = None) -> None:
        wanted = NewTopic(name, num_partitions=partitions, replication_factor=1, config=config or {})
        self._until_done(lambda admin: admin.create_topics([wanted])[name].result(15))

    def delete_topic(self, name: str) -> None:
        self._until_done(lambda admin: admin.delete_topics([name])[name].result(15))

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Delete the records below an offset, as retention would."""
        wanted = [TopicPartition(topic, partition, before)]
        self._until_done(lambda admin: [done.result(15) for done in admin.delete_records(wanted).values()])

    def _until_done(self, act) -> None:
        """Creating a topic right after deleting it may meet a broker that has not let go of the name yet."""
        deadline = time.monotonic() + 15
        admin = self.admin()
        while True:
            try:
                return act(admin)
            except KafkaException as error:
                if (not error.args[0].retriable() and "being deleted" not in str(error)) or time.monotonic() > deadline:
                    raise

    def _settings(self) -> str:
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAIN://127.0.0.1:{self._plain},SASL://127.0.0.1:{self._sasl},"
            f"CONTROLLER://127.0.0.1:{self._controller}",
            "listener.security.protocol.map": "PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
            "inter.broker.listener.name": "PLAIN",
            "listener.name.sasl.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl.plain.sasl.jaas.config": _jaas(),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "allow.everyone.if.no.acl.found": "true",
            "log.dirs": str(self._directory / "data"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.cleaner.dedupe.buffer.size": "4194304",
            "controller.quorum.election.timeout.ms": "200",
            "broker.heartbeat.interval.ms": "200",
            "broker.session.timeout.ms": "1500",
            "file.delete.delay.ms": "100",
        }
        return "".join(f"{key}={value}\n" for key, value in settings.items())


def _answers(admin: AdminClient) -> bool:
    try:
        return bool(admin.list_topics(timeout=0.5).brokers)
    except KafkaException:
        return False


def _jaas() -> str:
    users = " ".join(f'user_{name}="{password}"' for name, password in USERS.items())
    return f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"


def _java(*arguments: str) -> list[str]:
    return ["java", *HEAP, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{LIB}/*", *arguments]


@contextmanager
def running(directory: Path) -> Iterator[Server]:
    """A broker with its data under ``directory``, stopped when the block is left."""
    server = Server(directory)
    try:
        server.start()
        yield server
    finally:
        server.stop()
