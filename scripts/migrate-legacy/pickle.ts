/** A mark on the stack, from which on a collection's members lie. */
const mark = Symbol("mark");

/** An object whose class is only named: nothing of a pickle is ever run. */
interface Instance {
	class: string;
	state: unknown;
}

/**
 * Reads a Python pickle as data: dictionaries become Maps, tuples and lists arrays. Objects become their state; no class
 * is loaded and nothing called, so that a hostile file can do no more than be refused.
 * @throws for an operation that plain data does not have
 */
export function readPickle(bytes: Uint8Array): unknown {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const stack: unknown[] = [];
	const memo = new Map<number, unknown>();
	let at = 0;
	const take = (length: number) => {
		if (length < 0 || at + length > bytes.length) throw new Error("The pickle ends early.");
		at += length;
		return at - length;
	};
	const byte = () => view.getUint8(take(1));
	const uint32 = () => view.getUint32(take(4), true);
	const text = (length: number) => new TextDecoder().decode(bytes.subarray(take(length), at));
	const pop = () => {
		if (stack.length === 0) throw new Error("The pickle takes from an empty stack.");
		return stack.pop();
	};
	const sinceMark = () => {
		const from = stack.lastIndexOf(mark);
		if (from < 0) throw new Error("The pickle has no mark.");
		return stack.splice(from).slice(1);
	};
	const dictionary = () => {
		const target = stack.at(-1);
		if (!(target instanceof Map)) throw new Error("The pickle sets members of something that is no dictionary.");
		return target;
	};
	const list = () => {
		const target = stack.at(-1);
		if (!Array.isArray(target)) throw new Error("The pickle appends to something that is no list.");
		return target;
	};
	const line = () => {
		const end = bytes.indexOf(10, at);
		const found = text((end < 0 ? bytes.length : end) - at);
		take(1);
		return found;
	};
	const instance = (name: unknown): Instance => ({ class: String(name), state: null });

	const operations: Record<number, () => void> = {
		128: () => void byte(), // PROTO
		149: () => void take(8), // FRAME
		40: () => stack.push(mark), // MARK
		78: () => stack.push(null), // NONE
		136: () => stack.push(true),
		137: () => stack.push(false),
		75: () => stack.push(byte()), // BININT1
		77: () => stack.push(view.getUint16(take(2), true)), // BININT2
		74: () => stack.push(view.getInt32(take(4), true)), // BININT
		71: () => stack.push(view.getFloat64(take(8), false)), // BINFLOAT
		138: () => stack.push(long(bytes.subarray(take(byte()), at))), // LONG1
		140: () => stack.push(text(byte())), // SHORT_BINUNICODE
		88: () => stack.push(text(uint32())), // BINUNICODE
		125: () => stack.push(new Map()), // EMPTY_DICT
		93: () => stack.push([]), // EMPTY_LIST
		41: () => stack.push([]), // EMPTY_TUPLE
		133: () => stack.push([pop()]), // TUPLE1
		134: () => stack.push([pop(), pop()].reverse()), // TUPLE2
		116: () => stack.push(sinceMark()), // TUPLE
		115: () => {
			const [value, key] = [pop(), pop()];
			dictionary().set(key, value); // SETITEM
		},
		117: () => {
			const members = sinceMark();
			const target = dictionary(); // SETITEMS
			for (let index = 0; index < members.length; index += 2) target.set(members[index], members[index + 1]);
		},
		97: () => {
			const value = pop();
			list().push(value); // APPEND
		},
		101: () => {
			const values = sinceMark();
			list().push(...values); // APPENDS
		},
		148: () => memo.set(memo.size, stack.at(-1)), // MEMOIZE
		113: () => memo.set(byte(), stack.at(-1)), // BINPUT
		114: () => memo.set(uint32(), stack.at(-1)), // LONG_BINPUT
		104: () => stack.push(memo.get(byte())), // BINGET
		106: () => stack.push(memo.get(uint32())), // LONG_BINGET
		99: () => stack.push(`${line()}.${line()}`), // GLOBAL
		147: () => stack.push([pop(), pop()].reverse().join(".")), // STACK_GLOBAL
		129: () => {
			pop();
			stack.push(instance(pop())); // NEWOBJ
		},
		82: () => {
			pop();
			stack.push(instance(pop())); // REDUCE, as copyreg makes an object
		},
		98: () => {
			const state = pop();
			const target = stack.at(-1) as Instance; // BUILD
			target.state = state;
		},
	};

	for (;;) {
		const operation = byte();
		if (operation === 46) break; // STOP
		const run = operations[operation];
		if (!run) throw new Error(`The pickle has the operation ${operation}, which plain data does not need.`);
		run();
	}
	const result = pop();
	return isInstance(result) ? result.state : result;
}

const isInstance = (value: unknown): value is Instance =>
	typeof value === "object" && value !== null && "class" in value && "state" in value;

/** Decodes a little-endian two's complement number. */
function long(bytes: Uint8Array): number {
	let value = 0n;
	for (const [index, part] of bytes.entries()) value |= BigInt(part) << BigInt(8 * index);
	return Number(BigInt.asIntN(8 * bytes.length, value));
}
