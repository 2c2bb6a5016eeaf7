/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/connections.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "crypto/primitives.h"
#include "net/thread.h"

#define TICK_MS 250
#define LINGER_MAX 256
#define LINGER_MS 3000
#define PHASE_BITS 3
#define LOOK_TICKS 4 /* how often it is asked who has hung up */

/* How many connections an address has (of IPv6, a /64). */
struct group {
	struct group *next;
	struct address address;
	size_t count;
};

struct lingering {
	int fd;
	int64_t until;
};

struct connections {
	struct connections_settings settings;
	pthread_mutex_t lock;      /* guards what follows, up to the housekeeper */
	struct connection **slots; /* by descriptor */
	size_t slot_count, highest, count;
	struct group **groups;
	size_t group_mask;
	unsigned char secret[crypto_shorthash_KEYBYTES];
	struct lingering lingering[LINGER_MAX];
	size_t lingering_count;
	int stop; /* an eventfd */
	bool started;
	pthread_t housekeeper;
};

/* --- phases ------------------------------------------------------------------- */

static enum phase phase_of(int64_t state)
{
	return (enum phase)(state & ((1 << PHASE_BITS) - 1));
}

static int64_t since_of(int64_t state)
{
	return state >> PHASE_BITS;
}

/* One number, so that nobody sees one phase with the time of another. */
void connection_phase(struct connection *connection, enum phase phase)
{
	int64_t state = atomic_load_explicit(&connection->state, memory_order_relaxed);

	if (state != 0 && phase_of(state) == phase)
		return;
	atomic_store_explicit(&connection->state, monotonic_ms() << PHASE_BITS | (int64_t)phase, memory_order_relaxed);
}

/* --- who is connected ----------------------------------------------------------- */

static struct group **group_of(struct connections *all, const struct address *address)
{
	unsigned char hash[crypto_shorthash_BYTES];
	struct group **at;
	uint64_t number;

	crypto_shorthash(hash, address->bytes, sizeof address->bytes, all->secret);
	memcpy(&number, hash, sizeof number);
	at = &all->groups[number & all->group_mask];
	while (*at && !address_equal(&(*at)->address, address))
		at = &(*at)->next;
	return at;
}

static enum admission enter_group(struct connections *all, const struct address *address)
{
	struct group **at = group_of(all, address);

	if (!*at) {
		*at = calloc(1, sizeof **at);
		if (!*at)
			return REFUSED_MEMORY;
		(*at)->address = *address;
	}
	if ((*at)->count >= all->settings.per_address)
		return REFUSED_ADDRESS;
	(*at)->count++;
	return ADMITTED;
}

static void leave_group(struct connections *all, const struct address *address)
{
	struct group **at = group_of(all, address), *group = *at;

	INVARIANT(group != NULL);
	if (--group->count > 0)
		return;
	*at = group->next;
	free(group);
}

/* Under the lock. */
static void forget(struct connections *all, struct connection *connection)
{
	struct address group = address_group(&connection->address);

	leave_group(all, &group);
	all->slots[connection->fd] = NULL;
	all->count--;
	pthread_mutex_destroy(&connection->lock);
	free(connection);
}

static enum admission admit(struct connections *all, int fd, const struct address *address, bool tls)
{
	struct address group = address_group(address);
	struct connection *connection;
	enum admission admission;

	if (all->slots[fd]) /* its socket failed before anybody was told */
		forget(all, all->slots[fd]);
	if (all->count >= all->settings.max)
		return REFUSED_FULL;
	admission = enter_group(all, &group);
	if (admission != ADMITTED)
		return admission;
	connection = calloc(1, sizeof *connection);
	if (!connection) {
		leave_group(all, &group);
		return REFUSED_MEMORY;
	}
	connection->fd = fd;
	connection->address = *address;
	connection->tls = tls;
	pthread_mutex_init(&connection->lock, NULL);
	connection_phase(connection, PHASE_FIRST_HEAD);
	all->slots[fd] = connection;
	all->count++;
	if ((size_t)fd >= all->highest)
		all->highest = (size_t)fd + 1;
	return ADMITTED;
}

enum admission connections_admit(struct connections *all, int fd, const struct sockaddr *from, bool tls)
{
	struct address address = address_of(from);
	enum admission admission;

	if ((size_t)fd >= all->slot_count)
		return REFUSED_FULL;
	pthread_mutex_lock(&all->lock);
	admission = admit(all, fd, &address, tls);
	pthread_mutex_unlock(&all->lock);
	return admission;
}

struct connection *connections_find(struct connections *all, int fd)
{
	struct connection *connection = NULL;

	pthread_mutex_lock(&all->lock);
	if (fd >= 0 && (size_t)fd < all->slot_count)
		connection = all->slots[fd];
	pthread_mutex_unlock(&all->lock);
	return connection;
}

void connections_remove(struct connections *all, struct connection *connection)
{
	int fd = connection->linger ? fcntl(connection->fd, F_DUPFD_CLOEXEC, 0) : -1;

	pthread_mutex_lock(&all->lock);
	forget(all, connection);
	pthread_mutex_unlock(&all->lock);
	if (fd >= 0)
		connections_linger(all, fd);
}

size_t connections_count(struct connections *all)
{
	size_t count;

	pthread_mutex_lock(&all->lock);
	count = all->count;
	pthread_mutex_unlock(&all->lock);
	return count;
}

/* A few at a time, so that who connects meanwhile does not wait for all. */
#define BATCH 256
void connections_each(struct connections *all, void (*what)(void *arg, struct connection *connection), void *arg)
{
	size_t at = 0, end = 1;

	while (at < end) {
		pthread_mutex_lock(&all->lock);
		end = all->highest;
		for (size_t stop = at + BATCH; at < stop && at < end; at++) {
			struct connection *connection = all->slots[at];

			if (!connection)
				continue;
			pthread_mutex_lock(&connection->lock);
			what(arg, connection);
			pthread_mutex_unlock(&connection->lock);
		}
		pthread_mutex_unlock(&all->lock);
	}
}

/* --- closing after an early answer ------------------------------------------------ */

void connections_linger(struct connections *all, int fd)
{
	bool taken;

	pthread_mutex_lock(&all->lock);
	taken = all->lingering_count < LINGER_MAX;
	if (taken)
		all->lingering[all->lingering_count++] = (struct lingering){fd, monotonic_ms() + LINGER_MS};
	pthread_mutex_unlock(&all->lock);
	if (!taken)
		close(fd);
}

/* True when it is done with: the client has closed, or had its time. */
static bool read_away(const struct lingering *one, int64_t now)
{
	char waste[16384];
	ssize_t got;
	int rounds = 64;

	if (now >= one->until)
		return true;
	do {
		got = recv(one->fd, waste, sizeof waste, MSG_DONTWAIT);
	} while (got > 0 && --rounds > 0);
	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static void read_all_away(struct connections *all, int64_t now)
{
	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < all->lingering_count;) {
		if (read_away(&all->lingering[i], now)) {
			close(all->lingering[i].fd);
			all->lingering[i] = all->lingering[--all->lingering_count];
		} else {
			i++;
		}
	}
	pthread_mutex_unlock(&all->lock);
}

/* --- keeping pace ------------------------------------------------------------------ */

static void cut(struct connections *all, struct connection *connection, enum cut why)
{
	all->settings.cut(all->settings.arg, connection, why);
	shutdown(connection->fd, SHUT_RDWR);
}

/* Bytes that the client has sent, or has acknowledged. */
static uint64_t moved(const struct connection *connection, enum phase phase)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof info;

	if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return 0;
	return phase == PHASE_BODY ? info.tcpi_bytes_received : info.tcpi_bytes_acked;
}

static bool unacknowledged(const struct connection *connection)
{
	int waiting = 0;

	return ioctl(connection->fd, SIOCOUTQ, &waiting) == 0 && waiting > 0;
}

/* An answer only lags while there is something to acknowledge, all the time; a body always does, for we read it as it
 * comes. */
static void check_rate(struct connections *all, struct connection *connection, int64_t state, int64_t now)
{
	enum phase phase = phase_of(state);
	int64_t window = all->settings.rate_window_ms;
	bool fresh = connection->sample_state != state || (phase == PHASE_ANSWER && !unacknowledged(connection));
	uint64_t bytes;

	if (!fresh && now - connection->sample_at < window)
		return;
	bytes = moved(connection, phase);
	if (!fresh && bytes - connection->sample_bytes < all->settings.rate * (uint64_t)window / 1000)
		cut(all, connection, phase == PHASE_BODY ? CUT_BODY : CUT_ANSWER);
	connection->sample_state = state;
	connection->sample_at = now;
	connection->sample_bytes = bytes;
}

static bool hung_up(const struct connection *connection)
{
	struct pollfd look = {.fd = connection->fd, .events = POLLRDHUP};

	return poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

struct look {
	struct connections *all;
	int64_t now;
	bool hang_ups;
};

static bool nothing_unread(const struct connection *connection)
{
	int unread = 0;

	return ioctl(connection->fd, FIONREAD, &unread) == 0 && unread == 0;
}

/* The library does not always see it: of what came together with the last bytes it is not told again, and while a
 * request is worked on it does not listen. */
static void check_hang_up(struct connections *all, struct connection *connection, enum phase phase)
{
	if (!atomic_load_explicit(&connection->started, memory_order_relaxed) || !hung_up(connection))
		return;
	if (phase == PHASE_WORK)
		all->settings.gone(all->settings.arg, connection);
	else if (phase == PHASE_ANSWER)
		all->settings.half_closed(all->settings.arg, connection);
	else if (nothing_unread(connection))
		shutdown(connection->fd, SHUT_RDWR);
}

/* Between requests. False: one has begun, though it has not got far. */
static bool take_leave(struct connection *connection)
{
	connection->closing = connection->exchange == NULL;
	return connection->closing;
}

bool connection_begin(struct connection *connection, struct exchange *exchange)
{
	bool heard;

	pthread_mutex_lock(&connection->lock);
	heard = !connection->closing;
	connection->exchange = heard ? exchange : NULL;
	pthread_mutex_unlock(&connection->lock);
	connection_phase(connection, PHASE_FIRST_HEAD);
	return heard;
}

static void look_at(void *arg, struct connection *connection)
{
	const struct look *look = arg;
	const struct connections_settings *settings = &look->all->settings;
	int64_t state = atomic_load_explicit(&connection->state, memory_order_relaxed);
	int64_t passed = look->now - since_of(state);

	if (look->hang_ups)
		check_hang_up(look->all, connection, phase_of(state));
	switch (phase_of(state)) {
	case PHASE_FIRST_HEAD:
		if (passed > settings->head_ms && atomic_load_explicit(&connection->started, memory_order_relaxed))
			cut(look->all, connection, CUT_HEAD);
		return;
	case PHASE_NEXT_HEAD:
		if (passed > settings->idle_ms && take_leave(connection))
			cut(look->all, connection, CUT_IDLE);
		return;
	case PHASE_WORK:
		return;
	case PHASE_BODY:
	case PHASE_ANSWER:
		if (passed > settings->stream_ms)
			cut(look->all, connection, CUT_TOO_LONG);
		else
			check_rate(look->all, connection, state, look->now);
		settings->tick(settings->arg, connection, look->now);
		return;
	}
}

static void *keep_house(void *arg)
{
	struct connections *all = arg;
	struct pollfd stop = {.fd = all->stop, .events = POLLIN};

	for (unsigned tick = 1; poll(&stop, 1, TICK_MS) <= 0; tick++) {
		struct look look = {all, monotonic_ms(), tick % LOOK_TICKS == 0};

		connections_each(all, look_at, &look);
		read_all_away(all, look.now);
	}
	return NULL;
}

static void close_if_idle(void *arg, struct connection *connection)
{
	enum phase phase = phase_of(atomic_load_explicit(&connection->state, memory_order_relaxed));

	(void)arg;
	if ((phase == PHASE_FIRST_HEAD || phase == PHASE_NEXT_HEAD) && connection->started && nothing_unread(connection) &&
	    take_leave(connection))
		shutdown(connection->fd, SHUT_RDWR);
}

void connections_close_idle(struct connections *all)
{
	connections_each(all, close_if_idle, NULL);
}

/* --- beginning and end ---------------------------------------------------------------- */

/* Descriptors that there must be besides connections: databases, files being sent, logs. */
#define OTHER_FILES 256

static enum result allow_files(size_t connections, size_t *files, struct err *err)
{
	struct rlimit limit;
	size_t wanted = connections + OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_sys(err, "cannot ask how many files may be open");
	if (limit.rlim_cur < wanted && limit.rlim_max >= wanted) {
		limit.rlim_cur = wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			return err_sys(err, "cannot allow %zu open files", wanted);
	}
	if (limit.rlim_cur < wanted) {
		err_set(err, ERR_LIMIT, "%zu connections need %zu open files, and this process may have %llu",
			connections, wanted, (unsigned long long)limit.rlim_max);
		return err_mend(err, "raise the limit (`ulimit -n`, LimitNOFILE=), or allow fewer connections");
	}
	/* Who allowed itself millions need not pay for a table of them. */
	*files = limit.rlim_cur < 4 * wanted ? (size_t)limit.rlim_cur : 4 * wanted;
	return OK;
}

enum result connections_new(const struct connections_settings *settings, struct connections **out, struct err *err)
{
	struct connections *all;
	size_t files = 0, groups = 64;
	enum result r = allow_files(settings->max, &files, err);

	*out = NULL;
	if (r)
		return r;
	while (groups < settings->max)
		groups *= 2;
	all = calloc(1, sizeof *all);
	if (!all)
		return err_no_memory(err);
	all->settings = *settings;
	pthread_mutex_init(&all->lock, NULL);
	random_bytes(all->secret, sizeof all->secret);
	all->slot_count = files;
	all->group_mask = groups - 1;
	all->slots = calloc(files, sizeof *all->slots);
	all->groups = calloc(groups, sizeof *all->groups);
	all->stop = eventfd(0, EFD_CLOEXEC);
	if (!all->slots || !all->groups)
		r = err_no_memory(err);
	else if (all->stop < 0)
		r = err_sys(err, "cannot make an eventfd");
	else
		r = thread_start(&all->housekeeper, keep_house, all, err);
	all->started = r == OK;
	if (r)
		connections_free(all);
	else
		*out = all;
	return r;
}

void connections_free(struct connections *all)
{
	uint64_t one = 1;

	if (!all)
		return;
	if (all->started) {
		INVARIANT(write(all->stop, &one, sizeof one) == (ssize_t)sizeof one);
		pthread_join(all->housekeeper, NULL);
	}
	for (size_t i = 0; all->slots && i < all->highest; i++)
		if (all->slots[i]) /* its socket failed before anybody was told */
			forget(all, all->slots[i]);
	INVARIANT(all->count == 0);
	for (size_t i = 0; i < all->lingering_count; i++)
		close(all->lingering[i].fd);
	if (all->stop >= 0)
		close(all->stop);
	pthread_mutex_destroy(&all->lock);
	free((void *)all->slots);
	free((void *)all->groups);
	free(all);
}
