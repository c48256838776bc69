/*
 * A session in C++: owned by a pointer, with the events in a lambda.
 *
 *     download LIST FOLDER
 *
 *     c++ -std=c++17 download.cpp $(pkg-config --cflags --libs fetchall)
 */
#include <csignal>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include <fetchall/pool.h>
#include <fetchall/session.h>

namespace {

using Handler = std::function<void(const fa_event &)>;

/* A member of an error is called class_ in C++, where class is a keyword. */
struct Failure : std::runtime_error {
    explicit Failure(const fa_error &err)
        : std::runtime_error(std::string(fa_class_name(err.class_)) + ": " + err.msg)
    {
    }
};

/* The library calls this, a function of C, which must not throw. */
void take(void *handler, const fa_event *event) noexcept
{
    (*static_cast<Handler *>(handler))(*event);
}

class Session {
public:
    Session(const fa_config &config, Handler handler)
        : handler_(std::move(handler)),
          session_(fa_session_new(&config, take, &handler_, &err_), fa_session_free)
    {
        check(session_ != nullptr);
    }

    void add_list(const char *name) { check(fa_session_add_list(get(), name, &err_) == 0); }

    fa_end run()
    {
        fa_end end{};
        check(fa_session_run(get(), &end, &err_) == 0);
        return end;
    }

private:
    fa_session *get() { return session_.get(); }

    void check(bool fine) const
    {
        if (!fine)
            throw Failure(err_);
    }

    fa_error err_{};
    Handler handler_; /* before the session, which has its address */
    std::unique_ptr<fa_session, decltype(&fa_session_free)> session_;
};

/* Text from a list or a server may contain control characters for the terminal. */
std::string printable(const char *text)
{
    std::string copy = text ? text : "";
    for (char &c : copy)
        if (static_cast<unsigned char>(c) < ' ' || c == 127)
            c = '?';
    return copy;
}

} // namespace

int main(int argc, char **argv)
{
    fa_worker_main(argc, argv, nullptr);
    if (argc != 3) {
        std::cerr << "usage: download LIST FOLDER\n";
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    fa_config config;
    fa_config_init(&config);
    config.dir = argv[2];
    unsigned failed = 0;
    try {
        Session session(config, [&failed](const fa_event &event) {
            if (event.type != FA_EVENT_DONE)
                return;
            failed += fa_status_is_failure(event.done.status);
            std::cout << fa_status_name(event.done.status) << '\t' << printable(event.done.path)
                      << '\t' << event.done.size << '\t' << printable(event.done.error.msg)
                      << '\n';
        });
        session.add_list(argv[1]);
        session.run();
    } catch (const Failure &failure) {
        std::cerr << "download: " << printable(failure.what()) << '\n';
        return 1;
    }
    return failed ? 1 : 0;
}
