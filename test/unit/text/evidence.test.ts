import { expect, it } from "vitest";
import { evidenceOf } from "#text/evidence.ts";
import type { QuestionKind } from "#text/question.ts";

it.each<[QuestionKind, string, string]>([
	["amount", "TOTAL £64.18", "till receipt with a weekly shop"],
	["amount", "Summe 12,99", "Coach leaves 9.10"],
	["count", "IN REVIEW 11", "6 days remaining"],
	["duration", "180° 11 min", "180°"],
	["frequency", "5 ml TDS 7/7", "5 ml"],
	["temperature", "170 °C – 35 min", "35 min"],
	["date", "Valid to 22/05/2026", "Odometer 97,411 km"],
	["date", "Slip by Fri 3 May", "21/05/24 10:14"],
	["time", "be there 6.45 am", "Sun 10:02"],
	["time", "開始15時", "302"],
	["place", "Maaskade 118, 3rd floor", "Tuesday 4 November, 14.00"],
	["place", "Zone HOLLY 4", "Bus every 12 min"],
	["person", "Loss adjuster: S. Mulvey", "loss adjuster named"],
	["phone", "call Priya +31 6 5550 1182", "node-07"],
	["email", "office@example.org", "office"],
	["link", "https://meet.example.com/j?id=8842", "the meeting"],
	["code", "wifi: crumbs2024", "fruit scone"],
	["code", "PIN 884 106", "PIN"],
	["version", "can you roll back to 4.12.0?", "PR 1873"],
])("%s: %j has more evidence than %j", (kind, more, less) => {
	expect(evidenceOf(kind, more)).toBeGreaterThan(evidenceOf(kind, less));
	expect(evidenceOf(kind, more)).toBeGreaterThanOrEqual(0.8);
});
