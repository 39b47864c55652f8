import { DataError } from "../errors";

/**
 * A value in a pickle, of one of the few types that {@link unpickle} produces. Tuples and lists are
 * arrays.
 */
export type Pickled = null | boolean | number | string | PickledObject;
export type PickledObject = Pickled[] | Map<Pickled, Pickled> | PickledFunction | Opaque;

/** A value made by the caller's functions; the machine passes it on unread. */
export class Opaque {
  constructor(readonly value: unknown) {}
}

/** A caller's function that stands in for a Python name; nothing else is ever called. */
export class PickledFunction {
  constructor(
    readonly name: string,
    readonly call: (args: readonly Pickled[]) => Pickled,
  ) {}
}

/** The names and persistent ids that a pickle may refer to. */
export interface PickleWorld {
  /** By `"module name"`, e.g. `"collections OrderedDict"`; any other name is rejected. */
  readonly globals: ReadonlyMap<string, PickledFunction>;
  /** Resolves a persistent id, which is a tuple. */
  readonly persistent: (id: readonly Pickled[]) => Pickled;
}

/** A stack entry that only `MARK` makes. */
const MARK = Symbol("mark");
type Entry = Pickled | typeof MARK;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The stack machine of one pickle. */
class Machine {
  private readonly stack: Entry[] = [];
  private readonly memo = new Map<number, Pickled>();
  private readonly view: DataView;

  constructor(
    private readonly where: string,
    private readonly bytes: Uint8Array,
    public position: number,
    private readonly world: PickleWorld,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Pickled {
    if (this.bytes[this.position] !== 0x80) {
      this.fail("a pickle of protocol 2 to 5", `other bytes at byte ${this.position}`);
    }
    for (;;) {
      const at = this.position;
      const code = this.view.getUint8(this.take(1));
      if (code === 0x2e) break; // STOP
      const operation = OPERATIONS[code];
      if (operation === undefined) {
        const got = `opcode 0x${code.toString(16).padStart(2, "0")} at byte ${at}`;
        this.fail("only the opcodes that tensors and dicts need", got);
      }
      operation(this);
    }
    const result = this.pop();
    if (this.stack.length > 0) this.fail("one value", `${this.stack.length} more on the stack`);
    return result;
  }

  fail(expected: string, got: string): never {
    const remedy = "Nothing in it was executed. Save the state_dict() of the model alone.";
    throw new DataError({ where: this.where, expected, got, remedy });
  }

  /** Advances by this many bytes and returns the offset where they begin. */
  take(count: number): number {
    const start = this.position;
    if (count > this.bytes.length - start) {
      this.fail(`${count} bytes at byte ${start}`, "the end of the data");
    }
    this.position += count;
    return start;
  }

  byte = (): number => this.view.getUint8(this.take(1));
  uint16 = (): number => this.view.getUint16(this.take(2), true);
  int32 = (): number => this.view.getInt32(this.take(4), true);
  uint32 = (): number => this.view.getUint32(this.take(4), true);
  /** Big-endian, unlike everything else in a pickle. */
  float64 = (): number => this.view.getFloat64(this.take(8), false);

  /** An integer of 8 bytes at most that a double holds exactly. */
  long(length: number): number {
    if (length > 8) return this.wideLong(length);
    let value = 0n;
    const start = this.take(length);
    for (let i = 0; i < length; i++) value |= BigInt(this.bytes[start + i]) << BigInt(8 * i);
    return Number(BigInt.asIntN(8 * length, value));
  }

  /** A longer integer: torch's magic number has ten bytes and is only compared. */
  private wideLong(length: number): number {
    let value = 0;
    const start = this.take(length);
    for (let i = 0; i < length; i++) value += this.bytes[start + i] * 256 ** i;
    return value;
  }

  text(length: number): string {
    const start = this.take(length);
    try {
      return decoder.decode(this.bytes.subarray(start, start + length));
    } catch {
      return this.fail("UTF-8 text", `other bytes at byte ${start}`);
    }
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) this.fail("a line", "the end of the data");
    const text = this.text(end - this.position);
    this.take(1);
    return text;
  }

  push(value: Entry): void {
    this.stack.push(value);
  }

  pop(): Pickled {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) this.fail("a value", "an empty stack");
    return value;
  }

  top(): Pickled {
    const value = this.stack.at(-1);
    if (value === undefined || value === MARK) this.fail("a value", "an empty stack");
    return value;
  }

  /** Pops everything above the last mark, and the mark. */
  popToMark(): Pickled[] {
    const at = this.stack.lastIndexOf(MARK);
    if (at < 0) this.fail("a mark on the stack", "none");
    const values = this.stack.splice(at) as Pickled[];
    values.shift();
    return values;
  }

  popTuple(length: number): void {
    const values = Array.from({ length }, () => this.pop());
    this.push(values.reverse());
  }

  put(index: number): void {
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.memo.size);
  }

  get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) this.fail("a memoised value", `the unused index ${index}`);
    this.push(value);
  }

  global(module: string, name: string): void {
    const known = this.world.globals.get(`${module} ${name}`);
    if (known === undefined) {
      const names = [...this.world.globals.keys()].map((key) => key.replace(" ", "."));
      this.fail(`only ${names.join(", ")}`, `${module}.${name}`);
    }
    this.push(known);
  }

  stackGlobal(): void {
    const [name, module] = [this.pop(), this.pop()];
    if (typeof name !== "string" || typeof module !== "string") {
      this.fail("a module and a name as text", "other values");
    }
    this.global(module, name);
  }

  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof PickledFunction))
      this.fail("a callable name", "a value that cannot be called");
    if (!Array.isArray(args))
      this.fail(`a tuple of arguments for ${callee.name}`, "a value of another type");
    this.push(callee.call(args));
  }

  persistent(): void {
    const id = this.pop();
    if (!Array.isArray(id))
      this.fail("a persistent id that is a tuple", "a persistent id of another type");
    this.push(this.world.persistent(id));
  }

  setItems(items: readonly Pickled[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) this.fail("a dict to add items to", "a value of another type");
    if (items.length % 2 !== 0) this.fail("a value for each key", "a key without one");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  append(items: readonly Pickled[]): void {
    const list = this.top();
    if (!Array.isArray(list)) this.fail("a list to append to", "a value of another type");
    for (const item of items) list.push(item);
  }

  /** `__setstate__`: accepts only a state dict's `_metadata`, which is ignored. */
  build(): void {
    const state = this.pop();
    if (!(this.top() instanceof Map) || !(state instanceof Map)) {
      this.fail("the state of a dict", "that of another object");
    }
  }
}

/** The action of each opcode, by its byte; all others are rejected. */
const OPERATIONS: Readonly<Record<number, (machine: Machine) => void>> = {
  0x80: (m) => {
    const version = m.byte();
    if (version < 2 || version > 5) m.fail("pickle protocol 2 to 5", String(version));
  },
  0x95: (m) => void m.take(8), // FRAME: its length, which says nothing new
  0x28: (m) => m.push(MARK),
  0x4e: (m) => m.push(null),
  0x88: (m) => m.push(true),
  0x89: (m) => m.push(false),
  0x4b: (m) => m.push(m.byte()), // BININT1
  0x4d: (m) => m.push(m.uint16()), // BININT2
  0x4a: (m) => m.push(m.int32()), // BININT
  0x8a: (m) => m.push(m.long(m.byte())), // LONG1
  0x47: (m) => m.push(m.float64()), // BINFLOAT
  0x8c: (m) => m.push(m.text(m.byte())), // SHORT_BINUNICODE
  0x58: (m) => m.push(m.text(m.uint32())), // BINUNICODE
  0x7d: (m) => m.push(new Map()), // EMPTY_DICT
  0x5d: (m) => m.push([]), // EMPTY_LIST
  0x29: (m) => m.push([]), // EMPTY_TUPLE
  0x74: (m) => m.push(m.popToMark()), // TUPLE
  0x85: (m) => m.popTuple(1),
  0x86: (m) => m.popTuple(2),
  0x87: (m) => m.popTuple(3),
  0x73: (m) => {
    const [value, key] = [m.pop(), m.pop()]; // SETITEM
    m.setItems([key, value]);
  },
  0x75: (m) => m.setItems(m.popToMark()), // SETITEMS
  0x61: (m) => m.append([m.pop()]), // APPEND
  0x65: (m) => m.append(m.popToMark()), // APPENDS
  0x71: (m) => m.put(m.byte()), // BINPUT
  0x72: (m) => m.put(m.uint32()), // LONG_BINPUT
  0x94: (m) => m.memoize(),
  0x68: (m) => m.get(m.byte()), // BINGET
  0x6a: (m) => m.get(m.uint32()), // LONG_BINGET
  0x63: (m) => m.global(m.line(), m.line()), // GLOBAL
  0x93: (m) => m.stackGlobal(),
  0x52: (m) => m.reduce(),
  0x51: (m) => m.persistent(), // BINPERSID
  0x62: (m) => m.build(),
};

/**
 * Reads one pickle as data. Python's own unpickler runs whatever a file names; this one supports only
 * the opcodes that numbers, text, tuples, lists and dicts need, calls only the functions that it was
 * given, and rejects every other opcode and name.
 *
 * @param where the file's name, for messages
 * @param the file's bytes
 * @param offset where the pickle begins
 * @param world the names that it may refer to
 * @returns the value and where the pickle ends
 * @throws DataError naming the rejected opcode or Python name
 */
export function unpickle(
  where: string,
  bytes: Uint8Array,
  offset: number,
  world: PickleWorld,
): { readonly value: Pickled; readonly end: number } {
  const machine = new Machine(where, bytes, offset, world);
  const value = machine.run();
  return { value, end: machine.position };
}
