"""What one request waits at until another one opens it: `wait=` and `/gate`."""
import threading

# So that a request that nobody lets through ends at last, in seconds.
PATIENCE = 30
MOST_GATES = 4096

lock = threading.Lock()
gates = {}


class Gate:
    def __init__(self):
        self.openings = 0
        self.passages = 0
        self.condition = threading.Condition()

    def open(self):
        """Lets one more through; gives how many that makes."""
        with self.condition:
            self.openings += 1
            self.condition.notify_all()
            return self.openings

    def wait(self):
        with self.condition:
            if not self.condition.wait_for(lambda: self.passages < self.openings, PATIENCE):
                raise TimeoutError("nobody opened the gate")
            self.passages += 1


def gate_of(key):
    with lock:
        if key not in gates:
            if len(gates) >= MOST_GATES:
                del gates[next(iter(gates))]
            gates[key] = Gate()
        return gates[key]
