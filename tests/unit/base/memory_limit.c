/* SPDX-License-Identifier: Apache-2.0 */
/* What a process may have of memory, of trees as cgroups(7) shows them. */
#include "harness.h"

#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void make_root(void)
{
    (void)snprintf(root, sizeof(root), "%s/groups-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void drop_root(void)
{
    char command[96];

    (void)snprintf(command, sizeof(command), "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
}

static const char *under(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(under(name), "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static uint64_t limit(void)
{
    char groups[256];

    (void)snprintf(groups, sizeof(groups), "%s", under("groups"));
    return as_memory_limit(groups, root);
}

/* What the machine has: nothing else is said. */
static uint64_t machine(void)
{
    return as_memory_limit("/nonexistent", "/nonexistent");
}

START_TEST(without_groups_it_is_what_the_machine_has)
{
    uint64_t all = machine();

    ck_assert_uint_gt(all, 64 << 20);
    ck_assert_uint_lt(all, (uint64_t)1 << 60);
    ck_assert_uint_eq(limit(), all);
    put("groups", "0::/a\n"); /* none is to be seen */
    ck_assert_uint_eq(limit(), all);
}
END_TEST

START_TEST(version_2_tells_by_memory_max)
{
    ck_assert_int_eq(mkdir(under("a"), 0700), 0);
    ck_assert_int_eq(mkdir(under("a/b"), 0700), 0);
    put("groups", "0::/a/b\n");
    put("a/b/memory.max", "max\n");
    ck_assert_uint_eq(limit(), machine());
    put("a/b/memory.max", "5000000\n");
    ck_assert_uint_eq(limit(), 5000000);
    put("a/memory.max", "6000000\n"); /* of those above it the least counts */
    ck_assert_uint_eq(limit(), 5000000);
    put("a/memory.max", "4000000\n");
    ck_assert_uint_eq(limit(), 4000000);
    put("memory.max", "3000000\n");
    ck_assert_uint_eq(limit(), 3000000);
}
END_TEST

/* The path is the host's, and the tree begins at the container. */
START_TEST(of_a_group_that_cannot_be_seen_those_above_it_tell)
{
    put("groups", "0::/kubepods/pod1/container\n");
    put("memory.max", "7000000\n");
    ck_assert_uint_eq(limit(), 7000000);
    put("groups", "0::/\n");
    ck_assert_uint_eq(limit(), 7000000);
    put("groups", "0::/../other\n");
    ck_assert_uint_eq(limit(), 7000000);
}
END_TEST

START_TEST(version_1_tells_by_its_controller)
{
    ck_assert_int_eq(mkdir(under("memory"), 0700), 0);
    ck_assert_int_eq(mkdir(under("memory/a"), 0700), 0);
    put("groups", "5:cpu,cpuacct:/a\n4:memory:/a\n1:name=systemd:/a\n0::/a\n");
    put("memory/memory.limit_in_bytes", "9223372036854771712\n");
    ck_assert_uint_eq(limit(), machine());
    put("memory/a/memory.limit_in_bytes", "8000000\n");
    ck_assert_uint_eq(limit(), 8000000);
    put("groups", "4:hugetlb,memory:/a\n");
    ck_assert_uint_eq(limit(), 8000000);
    put("groups", "5:cpu,cpuacct:/a\n");
    ck_assert_uint_eq(limit(), machine());
}
END_TEST

START_TEST(what_is_no_number_is_not_told)
{
    static const char *const texts[] = {
        "", "\n", "-1\n", "1 \n", "0x10\n", "1e3\n", "1.5\n", "99999999999999999999\n", "5000000"};

    put("groups", "0::/\n");
    for (size_t i = 0; i < AS_COUNT(texts); i++) {
        put("memory.max", texts[i]);
        ck_assert_msg(limit() == machine(), "%s", texts[i]);
    }
    put("memory.max", "1\n");
    for (size_t i = 0; i < 3; i++) {
        put("groups", (const char *const[]){"", "\n", "0:\n"}[i]);
        ck_assert_uint_eq(limit(), machine());
    }
}
END_TEST

AS_TESTS("base/memory_limit", {
    tcase_add_checked_fixture(t, make_root, drop_root);
    tcase_add_test(t, without_groups_it_is_what_the_machine_has);
    tcase_add_test(t, version_2_tells_by_memory_max);
    tcase_add_test(t, of_a_group_that_cannot_be_seen_those_above_it_tell);
    tcase_add_test(t, version_1_tells_by_its_controller);
    tcase_add_test(t, what_is_no_number_is_not_told);
})
