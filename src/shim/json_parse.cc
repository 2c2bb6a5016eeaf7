/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * simdjson lays a document out as a tape of 64-bit words and one buffer of
 * strings (its doc/tape.md).  We walk the tape ourselves: one pass to size it,
 * two allocations, one pass to build.  What the standard library may throw is
 * caught where C called us.
 */
#include "shim/json_parse.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

extern "C" {
#include "base/quote.h"
}
#include "shim/json_where.h"

namespace
{

constexpr size_t DEPTH = 64;
constexpr size_t COMPARED_MAX = 12; /* up to so many names, comparing each with each beats sorting */
constexpr size_t CAPACITY_MIN = 1024; /* one contact; what is reserved is wiped */
constexpr size_t KEPT_MAX = 4096;     /* what is parsed once and no longer than this: by a parser that the thread keeps */
constexpr size_t CAPACITY_MAX = size_t{1} << 31; /* simdjson ends at 2^32 */
constexpr uint32_t COUNT_SATURATED = 0xffffff;

} // namespace

struct json_parser {
	simdjson::dom::parser dom;
	std::unique_ptr<char[]> padded;
	size_t padded_size = 0;
	size_t used = 0; /* the longest text since it was wiped */
	size_t max;
	std::vector<const struct json *> sorted;

	explicit json_parser(size_t max_document) : max(max_document)
	{
	}
	~json_parser()
	{
		wipe();
	}
	/* The text, simdjson's copy of its strings, and the tape with its numbers. */
	void wipe()
	{
		size_t capacity = dom.doc.capacity();

		if (padded)
			explicit_bzero(padded.get(), padded_size);
		if (dom.doc.string_buf)
			explicit_bzero(dom.doc.string_buf.get(), 5 * capacity / 3);
		if (dom.doc.tape)
			explicit_bzero(dom.doc.tape.get(), capacity * sizeof(uint64_t));
	}
	/* The same, as far as a text of that length can have reached: simdjson's buffers are in proportion to it. */
	void wipe_used()
	{
		size_t reach = std::min(used + simdjson::SIMDJSON_PADDING, dom.doc.capacity());

		if (padded)
			explicit_bzero(padded.get(), std::min(used + simdjson::SIMDJSON_PADDING, padded_size));
		if (dom.doc.string_buf)
			explicit_bzero(dom.doc.string_buf.get(), 5 * reach / 3);
		if (dom.doc.tape)
			explicit_bzero(dom.doc.tape.get(), reach * sizeof(uint64_t));
		used = 0;
	}
	/* Nothing is kept of the old buffers, so they are wiped and not copied. */
	bool reserve(size_t len)
	{
		size_t need = CAPACITY_MIN;

		while (need < len)
			need *= 2;
		if (padded_size >= need + simdjson::SIMDJSON_PADDING)
			return true;
		wipe();
		padded_size = 0;
		padded.reset(new (std::nothrow) char[need + simdjson::SIMDJSON_PADDING]());
		if (!padded || dom.allocate(need, DEPTH + 1) != simdjson::SUCCESS ||
		    dom.doc.allocate(need) != simdjson::SUCCESS)
			return false;
		padded_size = need + simdjson::SIMDJSON_PADDING;
		return true;
	}
};

namespace
{

char word_type(uint64_t word)
{
	return static_cast<char>(word >> 56);
}

size_t word_payload(uint64_t word)
{
	return word & simdjson::internal::JSON_VALUE_MASK;
}

struct frame {
	struct json *container;
	const struct json **link; /* where the next child hangs */
};

/* The tape of one document becoming a tree. */
struct builder {
	struct json_parser *parser;
	struct pool *pool;
	struct err *err;
	const uint64_t *tape;
	size_t last;         /* index of the closing root word */
	struct json *nodes;  /* the next free one */
	char *strings;       /* as simdjson writes them: 32-bit length, bytes, NUL */
	bool had_unicode_escape, too_deep;

	enum result allocate();
	void take_text(uint64_t word, const char **text, size_t *len);
	void take_scalar(struct json *node, size_t *at);
	enum result take_name(struct json *node, uint64_t word);
	enum result check_names(const struct json *object);
	enum result build(const struct json **out);
};

size_t text_len(const void *strings, size_t offset)
{
	uint32_t len;

	memcpy(&len, static_cast<const char *>(strings) + offset, sizeof len);
	return len;
}

/* Asked again it would not fit either: this is no lack of memory. */
enum result too_many(size_t count, struct err *err)
{
	err_set(err, ERR_LIMIT, "the JSON document has %zu values, which are too many", count);
	return err_mend(err, "send fewer at a time");
}

/* Every word is a node but for the closing brackets, the names, and the second word of a number. */
enum result builder::allocate()
{
	const uint8_t *from = parser->dom.doc.string_buf.get();
	size_t count = 0, bytes = 0, last_text = 0;

	for (size_t i = 1; i < last; i++) {
		char type = word_type(tape[i]);
		uint32_t names = type == '{' ? static_cast<uint32_t>(word_payload(tape[i]) >> 32) : 0;

		count += type != '}' && type != ']';
		count -= names < COUNT_SATURATED ? names : 0;
		if (type == '"')
			last_text = i;
		i += type == 'l' || type == 'u' || type == 'd';
	}
	if (last_text > 0) {
		bytes = word_payload(tape[last_text]);
		bytes += sizeof(uint32_t) + text_len(from, bytes) + 1;
	}
	if (count * sizeof *nodes + bytes > pool->max)
		return too_many(count, err);
	nodes = static_cast<struct json *>(pool_alloc(pool, count * sizeof *nodes));
	strings = static_cast<char *>(pool_alloc(pool, bytes));
	if (nodes == nullptr || strings == nullptr)
		return err_no_memory(err);
	memcpy(strings, from, bytes);
	return OK;
}

void builder::take_text(uint64_t word, const char **text, size_t *len)
{
	size_t offset = word_payload(word);

	*text = strings + offset + sizeof(uint32_t);
	*len = text_len(strings, offset);
}

/* A name is known by its NUL alone, so it must not hold one. */
enum result builder::take_name(struct json *node, uint64_t word)
{
	size_t len;

	take_text(word, &node->name, &len);
	if (had_unicode_escape && memchr(node->name, '\0', len) != nullptr)
		return err_set(err, ERR_INPUT, "a member name holds a NUL character");
	return OK;
}

void builder::take_scalar(struct json *node, size_t *at)
{
	uint64_t word = tape[*at];

	switch (word_type(word)) {
	case '"':
		node->type = JSON_STRING;
		take_text(word, &node->text, &node->len);
		return;
	case 'l':
		node->type = JSON_INT;
		node->integer = static_cast<int64_t>(tape[++*at]);
		node->real = static_cast<double>(node->integer);
		return;
	case 'u':
		node->type = JSON_DOUBLE;
		node->real = static_cast<double>(tape[++*at]);
		return;
	case 'd':
		node->type = JSON_DOUBLE;
		memcpy(&node->real, &tape[++*at], sizeof node->real);
		return;
	case 'n':
		node->type = JSON_NULL;
		return;
	default:
		node->type = JSON_BOOL;
		node->boolean = word_type(word) == 't';
		return;
	}
}

enum result repeated(const struct json *member, struct err *err)
{
	char shown[QUOTE_MAX];

	err_set(err, ERR_INPUT, "the member %s appears twice in one object",
		quote(member->name, strlen(member->name), shown));
	return err_mend(err, "keep one of them; readers disagree about which one counts");
}

/* Sorting, not hashing: no choice of names makes it slow. */
enum result builder::check_names(const struct json *object)
{
	auto &sorted = parser->sorted;

	if (object->len <= COMPARED_MAX) {
		for (const struct json *a = object->first; a != nullptr; a = a->next)
			for (const struct json *b = a->next; b != nullptr; b = b->next)
				if (a->name[0] == b->name[0] && strcmp(a->name, b->name) == 0)
					return repeated(a, err);
		return OK;
	}
	sorted.clear();
	for (const struct json *member = object->first; member != nullptr; member = member->next)
		sorted.push_back(member);
	std::sort(sorted.begin(), sorted.end(), [](const struct json *a, const struct json *b) {
		return strcmp(a->name, b->name) < 0;
	});
	for (size_t i = 1; i < sorted.size(); i++)
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			return repeated(sorted[i], err);
	return OK;
}

enum result builder::build(const struct json **out)
{
	frame frames[DEPTH + 1];
	struct json top = {};
	size_t depth = 0;
	enum result result = allocate();

	top.type = JSON_ARRAY;
	frames[0] = {&top, &top.first};
	for (size_t at = 1; at < last && result == OK; at++) {
		frame &within = frames[depth];
		char type = word_type(tape[at]);
		struct json *node;

		if (type == '}' || type == ']') {
			result = type == '}' ? check_names(within.container) : OK;
			depth--;
			continue;
		}
		node = nodes++;
		if (within.container->type == JSON_OBJECT)
			result = take_name(node, tape[at++]);
		if (result != OK)
			break;
		*within.link = node;
		within.link = &node->next;
		within.container->len++;
		type = word_type(tape[at]);
		if (type != '{' && type != '[') {
			take_scalar(node, &at);
			continue;
		}
		if (depth == DEPTH) { /* simdjson lets an empty one through */
			too_deep = true;
			return OK;
		}
		node->type = type == '{' ? JSON_OBJECT : JSON_ARRAY;
		frames[++depth] = {node, &node->first};
	}
	*out = top.first;
	return result;
}

enum result malformed(const char *text, size_t len, simdjson::error_code code, struct err *err)
{
	size_t at = 0;
	const char *fault;

	if (code == simdjson::MEMALLOC)
		return err_no_memory(err);
	fault = json_fault(text, len, DEPTH, &at);
	if (fault == nullptr)
		return err_set(err, ERR_INPUT, "this is not JSON that can be read: a number is out of range");
	return err_set(err, ERR_INPUT, "this is not JSON: %s (byte %zu)", fault, at + 1);
}

/* Is this number an integer that int64_t cannot hold? */
bool is_wide(std::string_view number, bool negative)
{
	std::string_view largest = negative ? "9223372036854775808" : "9223372036854775807";

	if (number.find_first_of(".eE") != number.npos)
		return false;
	return number.size() > largest.size() || (number.size() == largest.size() && number > largest);
}

/* Copies, giving every integer beyond int64_t an exponent, so that simdjson reads a double and does not refuse it.
 * Returns the new length; `out` has room for len * 2. */
size_t widen_integers(std::string_view text, char *out)
{
	bool quoted = false;
	size_t used = 0;

	for (size_t i = 0, next; i < text.size(); i = next) {
		bool number = !quoted && text[i] >= '0' && text[i] <= '9';

		next = i + 1;
		if (number)
			next = std::min(text.find_first_not_of("0123456789.eE+-", i), text.size());
		else if (quoted && text[i] == '\\' && next < text.size())
			next++;
		else if (text[i] == '"')
			quoted = !quoted;
		memcpy(out + used, &text[i], next - i);
		used += next - i;
		if (number && is_wide(text.substr(i, next - i), i > 0 && text[i - 1] == '-')) {
			memcpy(out + used, "e0", 2);
			used += 2;
		}
	}
	return used;
}

simdjson::error_code read_tape(struct json_parser *parser, const char *text, size_t len)
{
	if (!parser->reserve(len))
		return simdjson::MEMALLOC;
	parser->used = std::max(parser->used, len);
	memcpy(parser->padded.get(), text, len);
	memset(parser->padded.get() + len, 0, simdjson::SIMDJSON_PADDING);
	return parser->dom.parse(parser->padded.get(), len, false).error();
}

/* The rare second try: integers beyond 64 bits. */
simdjson::error_code read_tape_widened(struct json_parser *parser, const char *text, size_t len)
{
	std::unique_ptr<char[]> wide(new (std::nothrow) char[len * 2 + 1]);
	simdjson::error_code code;
	size_t wide_len;

	if (!wide)
		return simdjson::MEMALLOC;
	wide_len = widen_integers(std::string_view(text, len), wide.get());
	code = read_tape(parser, wide.get(), wide_len);
	explicit_bzero(wide.get(), wide_len);
	return code;
}

enum result parse(struct json_parser *parser, const char *text, size_t len, struct pool *pool,
		  const struct json **out, struct err *err)
{
	simdjson::error_code code = read_tape(parser, text, len);
	builder work = {};
	enum result result;

	if (code == simdjson::NUMBER_ERROR)
		code = read_tape_widened(parser, text, len);
	if (code != simdjson::SUCCESS)
		return malformed(text, len, code, err);
	work.parser = parser;
	work.pool = pool;
	work.err = err;
	work.tape = parser->dom.doc.tape.get();
	work.last = word_payload(work.tape[0]) - 1;
	work.had_unicode_escape = memchr(text, '\\', len) != nullptr && memmem(text, len, "\\u", 2) != nullptr;
	result = work.build(out);
	return work.too_deep ? malformed(text, len, simdjson::DEPTH_ERROR, err) : result;
}

} // namespace

extern "C" enum result json_parser_new(size_t max_document, struct json_parser **out, struct err *err)
{
	*out = new (std::nothrow) json_parser(std::min(max_document, CAPACITY_MAX));
	return *out != nullptr ? OK : err_no_memory(err);
}

extern "C" void json_parser_free(struct json_parser *parser)
{
	delete parser;
}

extern "C" enum result json_parse(struct json_parser *parser, const char *text, size_t len, struct pool *pool,
				  const struct json **out, struct err *err)
{
	*out = nullptr;
	if (len > parser->max)
		return err_set(err, ERR_LIMIT, "the JSON document is larger than its maximum of %zu bytes", parser->max);
	try {
		return parse(parser, text, len, pool, out, err);
	} catch (const std::bad_alloc &) {
		return err_no_memory(err);
	} catch (...) {
		return err_set(err, ERR_INTERNAL, "the JSON parser failed");
	}
}

namespace
{

/* Making one takes longer than parsing a contact. Nothing of a text stays in it. */
thread_local std::unique_ptr<json_parser> kept;

enum result parse_kept(const char *text, size_t len, struct pool *pool, const struct json **out, struct err *err)
{
	enum result result;

	if (!kept)
		kept.reset(new (std::nothrow) json_parser(KEPT_MAX));
	if (!kept)
		return err_no_memory(err);
	result = json_parse(kept.get(), text, len, pool, out, err);
	kept->wipe_used();
	return result;
}

} // namespace

extern "C" enum result json_parse_once(const char *text, size_t len, struct pool *pool, const struct json **out,
				       struct err *err)
{
	struct json_parser *parser;
	enum result result;

	if (len <= KEPT_MAX)
		return parse_kept(text, len, pool, out, err);
	result = json_parser_new(len, &parser, err);
	if (result != OK)
		return result;
	result = json_parse(parser, text, len, pool, out, err);
	json_parser_free(parser);
	return result;
}
