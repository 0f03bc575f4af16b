/* SPDX-License-Identifier: Apache-2.0 */
#include "turns.h"

static void line_up(struct as_turns *turns, struct as_line *line)
{
    line->next = NULL;
    if (turns->first == NULL) {
        turns->first = line;
    } else {
        turns->last->next = line;
    }
    turns->last = line;
}

void as_turns_wait(struct as_turns *turns, struct as_ticket *ticket)
{
    struct as_line *line = &turns->lines[ticket->line];

    if (ticket->waits) {
        return;
    }
    ticket->waits = true;
    ticket->next = NULL;
    if (line->first == NULL) {
        line->first = ticket;
        line_up(turns, line);
    } else {
        line->last->next = ticket;
    }
    line->last = ticket;
}

void *as_turns_next(struct as_turns *turns)
{
    struct as_line *line = turns->first;

    if (line == NULL) {
        return NULL;
    }
    struct as_ticket *ticket = line->first;
    turns->first = line->next;
    line->first = ticket->next;
    if (line->first != NULL) {
        line_up(turns, line);
    }
    ticket->waits = false;
    return ticket->owner;
}
