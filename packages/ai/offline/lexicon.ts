/** Category, then subject, then words that speak for it: singular, lower case, each in one subject only where its sense is clear. */
const lexicon: Record<string, Record<string, string>> = {
	Travel: {
		flights: "airport airline flight boarding gate departure arrival passenger terminal seat luggage baggage layover",
		trains: "train railway station platform shinkansen metro subway rail",
		accommodation: "hotel hostel ryokan airbnb guesthouse resort checkin checkout accommodation villa onsen",
		itineraries:
			"itinerary trip travel traveler traveller traveling travelling vacation holiday tour tourist tourism visit destination roadtrip explore getaway hidden gem",
		sights:
			"museum temple shrine castle palace cathedral landmark viewpoint attraction observatory monument gallery neighborhood neighbourhood",
		places:
			"japan tokyo kyoto osaka fukuoka hokkaido korea seoul busan china beijing shanghai taiwan taipei thailand bangkok vietnam singapore bali indonesia india delhi france paris italy rome venice milan spain madrid barcelona portugal lisbon porto germany berlin munich austria vienna switzerland zurich greece athens turkey istanbul england london scotland ireland dublin netherlands amsterdam iceland norway sweden denmark copenhagen morocco egypt cairo canada toronto vancouver mexico brazil argentina peru australia sydney melbourne zealand hawaii california york asia europe africa",
	},
	Food: {
		restaurants:
			"restaurant menu cafe coffee brunch bistro bar izakaya diner chef michelin dining reservation takeaway",
		recipes:
			"recipe ingredient tbsp tsp teaspoon tablespoon preheat oven bake simmer stir chop whisk minced dough flour butter garlic onion",
		dishes:
			"ramen sushi noodle pizza pasta burger curry soup salad bread cake dessert steak chicken beef pork tofu rice egg cheese chocolate tea matcha wine beer cocktail udon tempura taco sandwich pancake",
		eating: "food foodie delicious tasty eat lunch dinner breakfast snack vegan vegetarian",
	},
	Shopping: {
		orders: "order cart checkout shipping delivery parcel tracking return",
		prices: "price sale discount coupon deal offer cheap bargain outlet",
		receipts: "receipt subtotal total cashier vat qty",
		shops: "shop shopping store boutique mall market supermarket brand",
		fashion: "dress shirt shoe sneaker jacket jean fashion outfit handbag watch jewelry jewellery",
		beauty: "perfume fragrance scent skincare makeup cosmetic lipstick serum",
	},
	Technology: {
		programming:
			"code coding programming developer function javascript typescript python java rust api github git repository commit compiler database server debug framework npm terminal deploy",
		ai: "ai llm gpt chatgpt claude openai anthropic prompt agent chatbot",
		devices: "laptop computer keyboard iphone android smartphone tablet gpu cpu usb bluetooth",
		software: "app software download install update browser linux windows macos plugin password login account",
	},
	Finance: {
		banking: "bank account iban transfer balance deposit loan mortgage",
		investing: "stock invest investment investor portfolio dividend crypto bitcoin etf share fund",
		bills: "invoice payment paid tax budget salary income expense rent due",
	},
	Health: {
		medicine:
			"doctor patient prescription tablet mg dose clinic hospital pharmacy symptom vaccine medication appointment",
		fitness: "workout exercise gym running yoga squat cardio calorie protein muscle marathon",
		wellbeing: "sleep meditation mental health therapy stress wellness",
	},
	Entertainment: {
		music: "concert band song album playlist guitar piano music festival lyric",
		film: "film movie cinema series episode season netflix actor trailer",
		games: "game gaming player nintendo playstation xbox level quest",
		anime: "anime manga otaku cosplay pokemon ghibli",
		events: "ticket admission exhibition theatre theater show tour stage",
		sport: "football soccer basketball tennis match league goal championship",
	},
	Education: {
		study:
			"exam lecture course lesson student teacher university school homework tutorial textbook chapter learn learning",
		books: "book author novel library bookstore bookshop edition publisher",
	},
	Work: {
		meetings: "meeting agenda minutes deadline calendar invite attendee standup schedule",
		projects: "project milestone roadmap sprint backlog task todo stakeholder launch kickoff",
		careers: "job resume cv interview hiring career recruiter employer",
	},
	Nature: {
		outdoors: "hike hiking trail mountain summit forest park lake waterfall river beach island coast valley",
		plants: "garden flower plant tree blossom sakura leaf",
		animals: "dog cat bird deer fish horse puppy kitten wildlife",
		weather: "weather forecast rain snow sunny temperature wind cloud",
	},
	Social: {
		chat: "message chat typing whatsapp messenger reply sent delivered",
		posts: "follower following like comment repost tiktok instagram inbox reel tweet post",
	},
};

/** The controls around a post say where it was seen, not what it shows, so this category is the last choice. */
const lastResort = "Social";
/** One word may be read wrongly or by chance. */
const minEvidence = 2;

const subjectsOf = new Map<string, { category: string; subject: string }[]>();
for (const [category, subjects] of Object.entries(lexicon)) {
	for (const [subject, words] of Object.entries(subjects)) {
		for (const word of words.split(" ")) {
			const known = subjectsOf.get(word) ?? [];
			subjectsOf.set(word, [...known, { category, subject }]);
		}
	}
}

/** Shorter words begin or end too many others. */
const longWords = [...subjectsOf.keys()].filter((word) => word.length >= 5);

/** The topic of a text, by its words. */
interface Topic {
	/** "Other" where the evidence is thin. */
	category: string;
	/** Subjects within the category, best supported first. */
	subcategories: string[];
	/** Every subject with a word in the text, best supported first. */
	subjects: string[];
}

/** Finds the category that most different words of the text speak for. */
export function topicOf(text: string): Topic {
	const categories = new Map<string, number>();
	const subjects = new Map<string, number>();
	const categoryOfSubject = new Map<string, string>();
	const words = text.toLowerCase().match(/#?\p{L}+/gu) ?? [];
	for (const word of new Set(words.flatMap(lexiconWords))) {
		for (const { category, subject } of subjectsOf.get(word) ?? []) {
			categories.set(category, (categories.get(category) ?? 0) + 1);
			subjects.set(subject, (subjects.get(subject) ?? 0) + 1);
			categoryOfSubject.set(subject, category);
		}
	}
	const supported = byCountDescending(categories).filter((name) => (categories.get(name) ?? 0) >= minEvidence);
	const category = supported.find((name) => name !== lastResort) ?? supported[0] ?? "Other";
	const ranked = byCountDescending(subjects);
	return {
		category,
		subcategories: ranked.filter((name) => categoryOfSubject.get(name) === category),
		subjects: ranked,
	};
}

/** Returns the lexicon's words in a word: its singular, or those at either end of a tag such as `#japantravel`. */
function lexiconWords(word: string): string[] {
	const plain = word.replace("#", "");
	const forms = [plain];
	if (plain.endsWith("s")) forms.push(plain.slice(0, -1));
	if (plain.endsWith("es")) forms.push(plain.slice(0, -2));
	if (plain.endsWith("ies")) forms.push(`${plain.slice(0, -3)}y`);
	const form = forms.find((form) => subjectsOf.has(form));
	if (form || !word.startsWith("#")) return form ? [form] : [];
	return longWords.filter((part) => plain.startsWith(part) || plain.endsWith(part));
}

function byCountDescending(counts: Map<string, number>): string[] {
	return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
}
