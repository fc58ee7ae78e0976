import { BlockList, isIP } from "node:net";

/** Networks that are no part of the public internet, or reach another one through a translation (IANA's special registries). */
const special4 = [
	...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
	...["192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
	...["224.0.0.0/4", "240.0.0.0/4"],
];
const special6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const blocked = blockList(special4, special6);
/** All that is assigned to hosts of the internet. What IPv6 writes of an IPv4 address (`::ffff:10.0.0.1`, `64:ff9b::`) lies outside. */
const global6 = blockList([], ["2000::/3"]);
const loopback = blockList(["127.0.0.0/8"], ["::1/128"]);

/** True for an address of the public internet. */
export function isPublicAddress(address: string): boolean {
	const family = isIP(address);
	if (family === 4) return !blocked.check(address, "ipv4");
	return family === 6 && global6.check(address, "ipv6") && !blocked.check(address, "ipv6");
}

/** True for an address of this machine. */
export function isLoopback(address: string): boolean {
	const family = isIP(address);
	return family !== 0 && loopback.check(address, family === 4 ? "ipv4" : "ipv6");
}

function blockList(v4: string[], v6: string[]): BlockList {
	const list = new BlockList();
	for (const [networks, family] of [
		[v4, "ipv4"],
		[v6, "ipv6"],
	] as const) {
		for (const network of networks) {
			const [address = "", prefix] = network.split("/");
			list.addSubnet(address, Number(prefix), family);
		}
	}
	return list;
}
