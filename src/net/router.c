/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/router.h"

#include <stdlib.h>
#include <string.h>

#define NO_ROUTE (-1)

struct node {
	const char *name; /* of a literal segment; not terminated */
	size_t name_len;
	struct node **literals; /* sorted by name */
	size_t literal_count;
	struct node *parameter;
	int routes[METHOD_COUNT];
};

struct router {
	const struct route *routes;
	struct node root;
};

/* --- building ------------------------------------------------------------- */

static void node_init(struct node *node, const char *name, size_t len)
{
	*node = (struct node){.name = name, .name_len = len};
	for (int i = 0; i < METHOD_COUNT; i++)
		node->routes[i] = NO_ROUTE;
}

static struct node *node_new(const char *name, size_t len)
{
	struct node *node = malloc(sizeof *node);

	if (node)
		node_init(node, name, len);
	return node;
}

static void node_clear(struct node *node)
{
	for (size_t i = 0; i < node->literal_count; i++) {
		node_clear(node->literals[i]);
		free(node->literals[i]);
	}
	free(node->literals);
	if (node->parameter)
		node_clear(node->parameter);
	free(node->parameter);
}

/* The order of `name` and the name of `node`. */
static int compare(const char *name, size_t len, const struct node *node)
{
	size_t shorter = len < node->name_len ? len : node->name_len;
	int order = memcmp(name, node->name, shorter);

	return order != 0 ? order : (len > node->name_len) - (len < node->name_len);
}

/* Where `name` is among the literals, or belongs. */
static size_t literal_place(const struct node *node, const char *name, size_t len, bool *there)
{
	size_t low = 0, high = node->literal_count;

	*there = false;
	while (low < high && !*there) {
		size_t middle = (low + high) / 2;
		int order = compare(name, len, node->literals[middle]);

		*there = order == 0;
		if (order == 0)
			low = middle;
		else if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static struct node *literal_child(struct node *node, const char *name, size_t len)
{
	bool there;
	size_t at = literal_place(node, name, len, &there);
	struct node **more;
	struct node *child;

	if (there)
		return node->literals[at];
	more = realloc(node->literals, (node->literal_count + 1) * sizeof *more);
	if (!more)
		return NULL;
	node->literals = more;
	child = node_new(name, len);
	if (!child)
		return NULL;
	memmove(more + at + 1, more + at, (node->literal_count - at) * sizeof *more);
	more[at] = child;
	node->literal_count++;
	return child;
}

static bool is_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9') && text[i] != '_' &&
		    text[i] != '-' && text[i] != '.')
			return false;
	return len > 0;
}

static enum result bad_template(const struct route *route, const char *why, struct err *err)
{
	return err_set(err, ERR_INPUT, "the route %s %s %s", method_name(route->method), route->path, why);
}

static enum result child_of(struct node *node, const struct route *route, const char *at, size_t len,
			    size_t *parameters, struct node **child, struct err *err)
{
	if (len > 2 && at[0] == '{' && at[len - 1] == '}' && is_name(at + 1, len - 2)) {
		if (++*parameters > ROUTE_PARAMETERS_MAX)
			return bad_template(route, "has too many parameters", err);
		if (!node->parameter)
			node->parameter = node_new("", 0);
		*child = node->parameter;
	} else if (is_name(at, len)) {
		*child = literal_child(node, at, len);
	} else {
		return bad_template(route, "has a segment that is neither a name nor {name}", err);
	}
	return *child ? OK : err_no_memory(err);
}

static enum result add_route(struct router *router, int number, struct err *err)
{
	const struct route *route = &router->routes[number];
	struct node *node = &router->root;
	const char *at = route->path;
	size_t parameters = 0, depth = 0;
	enum result r = OK;

	if (*at != '/' || route->method >= METHOD_COUNT)
		return bad_template(route, "does not begin with '/', or its method is none", err);
	while (r == OK && at[0] == '/' && at[1] != '\0') {
		size_t len = strcspn(at + 1, "/");

		if (++depth > TARGET_SEGMENTS_MAX)
			return bad_template(route, "is too deep", err);
		r = child_of(node, route, at + 1, len, &parameters, &node, err);
		at += 1 + len;
	}
	if (r)
		return r;
	if (*at == '/' && depth > 0)
		return bad_template(route, "ends with '/'", err);
	if (node->routes[route->method] != NO_ROUTE)
		return err_set(err, ERR_EXISTS, "the route %s %s is there twice", method_name(route->method),
			       route->path);
	node->routes[route->method] = number;
	return OK;
}

enum result router_new(const struct route *routes, size_t count, struct router **out, struct err *err)
{
	struct router *router = malloc(sizeof *router);
	enum result r = OK;

	*out = NULL;
	if (!router)
		return err_no_memory(err);
	router->routes = routes;
	node_init(&router->root, "", 0);
	for (size_t i = 0; i < count && r == OK; i++)
		r = add_route(router, (int)i, err);
	if (r)
		router_free(router);
	else
		*out = router;
	return r;
}

void router_free(struct router *router)
{
	if (!router)
		return;
	node_clear(&router->root);
	free(router);
}

const struct route *router_route(const struct router *router, int route)
{
	return &router->routes[route];
}

/* --- finding --------------------------------------------------------------- */

static int route_of(const struct node *node, enum method method)
{
	if (method >= METHOD_COUNT)
		return NO_ROUTE;
	if (method == METHOD_HEAD && node->routes[METHOD_HEAD] == NO_ROUTE)
		return node->routes[METHOD_GET];
	return node->routes[method];
}

static bool has_routes(const struct node *node)
{
	for (int i = 0; i < METHOD_COUNT; i++)
		if (node->routes[i] != NO_ROUTE)
			return true;
	return false;
}

/* What a walk over the tree looks for, and what it has seen. */
struct walk {
	const struct target *target;
	enum method method;
	const char *values[ROUTE_PARAMETERS_MAX];
	size_t count;
	unsigned methods; /* of the template that fits the path: bit 1 << method */
	int route;
};

static void arrive(struct walk *walk, const struct node *node)
{
	for (int i = 0; i < METHOD_COUNT; i++)
		if (node->routes[i] != NO_ROUTE)
			walk->methods |= 1U << i;
	walk->route = route_of(node, walk->method);
}

/* True when a template fits; what it has no method for, none behind it has. Depth and number of templates bound the recursion. */
static bool descend(struct walk *walk, const struct node *node, size_t depth)
{
	const char *segment;
	size_t at;
	bool there;

	if (depth == walk->target->segment_count) {
		if (!has_routes(node))
			return false;
		arrive(walk, node);
		return true;
	}
	segment = walk->target->segments[depth];
	at = literal_place(node, segment, strlen(segment), &there);
	if (there && descend(walk, node->literals[at], depth + 1))
		return true;
	if (!node->parameter || *segment == '\0')
		return false;
	walk->values[walk->count++] = segment;
	if (descend(walk, node->parameter, depth + 1))
		return true;
	walk->count--;
	return false;
}

enum route_outcome router_find(const struct router *router, enum method method, const struct target *target,
			       struct route_match *out)
{
	struct walk walk = {.target = target, .method = method, .route = NO_ROUTE};

	if (target->asterisk)
		return ROUTE_NO_METHOD;
	if (!descend(&walk, &router->root, 0))
		return ROUTE_NO_PATH;
	if (walk.route == NO_ROUTE)
		return ROUTE_NO_METHOD;
	*out = (struct route_match){.route = walk.route, .count = walk.count};
	memcpy(out->values, walk.values, walk.count * sizeof *walk.values);
	return ROUTE_FOUND;
}

char *router_allow(const struct router *router, const struct target *target, char out[ROUTER_ALLOW_MAX])
{
	struct walk walk = {.target = target, .method = METHOD_OTHER, .route = NO_ROUTE};

	out[0] = '\0';
	if (!target->asterisk)
		descend(&walk, &router->root, 0);
	if (walk.methods == 0)
		return out;
	if (walk.methods & 1U << METHOD_GET)
		walk.methods |= 1U << METHOD_HEAD;
	walk.methods |= 1U << METHOD_OPTIONS;
	for (int i = 0; i < METHOD_COUNT; i++) {
		if (!(walk.methods & 1U << i))
			continue;
		if (out[0] != '\0')
			strncat(out, ", ", ROUTER_ALLOW_MAX - strlen(out) - 1);
		strncat(out, method_name((enum method)i), ROUTER_ALLOW_MAX - strlen(out) - 1);
	}
	return out;
}

const char *router_value(const struct router *router, const struct route_match *match, const char *name)
{
	const char *at = router->routes[match->route].path;
	size_t len = strlen(name);

	for (size_t i = 0; i < match->count; i++) {
		at = strchr(at, '{');
		INVARIANT(at != NULL);
		if (strncmp(++at, name, len) == 0 && at[len] == '}')
			return match->values[i];
	}
	return NULL;
}
