/* Bytes through a socket: files that are cut, peers that do not read, and those that are gone. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../wire.h"
#include "check.h"

static uint8_t bytes[300000];

int main(void) {
    char name[] = "dicomet-wire-XXXXXX";
    int pair[2];
    dcm_wire w;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    const int room = 1 << 20;
    (void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    dcm_wire_open(&w, pair[0]);
    const int file = mkstemp(name);
    unlink(name);
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 255);
    CHECK(file >= 0 && write(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes);

    /* from the file's position on, no more than is wanted */
    CHECK(lseek(file, 1000, SEEK_SET) == 1000);
    CHECK(dcm_wire_write_file(&w, file, 50000, 100) == DCM_WIRE_DONE);
    static uint8_t got[300000];
    ssize_t n = 0;
    while (n < 50000) {
        const ssize_t more = recv(pair[1], got + n, sizeof got - (size_t)n, MSG_DONTWAIT);
        if (more <= 0) break;
        n += more;
    }
    CHECK(n == 50000 && memcmp(got, bytes + 1000, 50000) == 0);

    /* it has fewer: what is there went */
    CHECK(lseek(file, (off_t)sizeof bytes - 100, SEEK_SET) > 0);
    CHECK(dcm_wire_write_file(&w, file, 101, 100) == DCM_WIRE_SHORT);
    CHECK(recv(pair[1], got, sizeof got, MSG_DONTWAIT) == 100);

    /* nobody reads */
    dcm_wire_end end = DCM_WIRE_DONE;
    for (int i = 0; i < 1000 && end == DCM_WIRE_DONE; i++) {
        struct iovec v = {bytes, sizeof bytes};
        end = dcm_wire_write(&w, &v, 1, false, 5);
    }
    CHECK(end == DCM_WIRE_TIMEOUT);
    CHECK(lseek(file, 0, SEEK_SET) == 0 &&
          dcm_wire_write_file(&w, file, sizeof bytes, 5) == DCM_WIRE_TIMEOUT);

    /* nobody is there, which is no signal that ends the process */
    close(pair[1]);
    struct iovec v = {bytes, 10};
    CHECK(dcm_wire_write(&w, &v, 1, true, 5) == DCM_WIRE_CLOSED);
    CHECK(dcm_wire_write_file(&w, file, 10, 5) == DCM_WIRE_CLOSED);
    dcm_wire_close(&w);
    close(pair[0]);
    close(file);
    return check_result();
}
